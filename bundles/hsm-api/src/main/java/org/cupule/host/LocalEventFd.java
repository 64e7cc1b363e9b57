package org.cupule.host;

import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Event counters of this process alone, in plain Java: the twin of Linux's eventfd. Listeners are called by the thread
 * that signals, before its call returns.
 *
 * @threading any thread
 */
public final class LocalEventFd {
    private LocalEventFd() {
        // Counters are made by create.
    }

    /** {@return a handle of a new counter, owned by the caller} */
    public static EventFd create(int initial) {
        return SharedEventFd.first(new Counter(Integer.toUnsignedLong(initial)));
    }

    private static final class Counter implements EventCounter {
        private static final AtomicLong NUMBERS = new AtomicLong();
        private static final long NO_NUMBER = -1;

        /** Never changed, but replaced under the lock, as the count is: so no signal is heard twice or not at all. */
        private EventSubscription[] watchers = {};
        private long count;
        private final long number = NUMBERS.incrementAndGet();

        Counter(long initial) {
            count = initial;
        }

        @Override
        public void add(long number) {
            if (number == NO_NUMBER) {
                throw new HsmException(Errno.EINVAL, "add", "2^64 - 1 cannot be added to an event counter");
            }
            EventSubscription[] hearers;
            synchronized (this) {
                if (Long.compareUnsigned(number, EventFd.MAX - count) > 0) {
                    throw new HsmException(Errno.EAGAIN, "add",
                            "an event counter at %s cannot take %s more; read it first".formatted(
                                    Long.toUnsignedString(count), Long.toUnsignedString(number)));
                }
                count += number;
                hearers = watchers;
            }
            tell(hearers);
        }

        @Override
        public void signal() {
            EventSubscription[] hearers;
            synchronized (this) {
                if (count != EventFd.MAX) {
                    count++;
                }
                hearers = watchers;
            }
            tell(hearers);
        }

        private static void tell(EventSubscription[] hearers) {
            for (EventSubscription hearer : hearers) {
                hearer.signalled();
            }
        }

        @Override
        public synchronized long take() {
            long before = count;
            count = 0;
            return before;
        }

        @Override
        public void watch(EventSubscription subscription) {
            boolean pending;
            synchronized (this) {
                watchers = Arrays.copyOf(watchers, watchers.length + 1);
                watchers[watchers.length - 1] = subscription;
                pending = count != 0;
            }
            if (pending) {
                subscription.signalled();
            }
        }

        @Override
        public synchronized void unwatch(EventSubscription subscription) {
            watchers = Arrays.stream(watchers).filter(watcher -> watcher != subscription)
                    .toArray(EventSubscription[]::new);
        }

        @Override
        public Optional<Descriptor> descriptor() {
            return Optional.empty();
        }

        @Override
        public String toString() {
            return "local " + number;
        }

        @Override
        public void release() {
            // The garbage collector has it.
        }
    }
}

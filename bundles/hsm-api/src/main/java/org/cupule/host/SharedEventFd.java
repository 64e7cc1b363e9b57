package org.cupule.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Who refers to one event counter: its handles, whose end is its hang-up, and its signallers and subscriptions, which
 * keep what it is made of a little longer.
 *
 * <pre>
 *   handles          0 after the last close --> hang-up; a new handle may come while others refer to the counter
 *   + signallers
 *   + subscriptions
 *   = references     0 --> EventCounter.release(), for ever
 * </pre>
 *
 * @threading any thread; nothing foreign is called under its lock
 */
public final class SharedEventFd {
    private final EventCounter counter;
    private final List<EventSubscription> subscriptions = new ArrayList<>();
    private int handles;
    private int references;
    private boolean released;

    /** Makes the bookkeeping of a counter that nobody refers to yet. */
    public SharedEventFd(EventCounter counter) {
        this.counter = counter;
    }

    /** {@return the first handle of a new counter} */
    static EventFd first(EventCounter counter) {
        return new SharedEventFd(counter).handle().orElseThrow();
    }

    /** {@return a new handle; empty when the counter has been released} */
    public synchronized Optional<EventFd> handle() {
        if (released) {
            return Optional.empty();
        }
        handles++;
        references++;
        return Optional.of(new Handle());
    }

    private synchronized void refer() {
        if (released) {
            throw closed("eventfd");
        }
        references++;
    }

    private void leave() {
        synchronized (this) {
            references--;
            if (references != 0) {
                return;
            }
            released = true;
        }
        counter.release();
    }

    private static HsmException closed(String operation) {
        return new HsmException(Errno.EBADF, operation, "this handle of an event counter is closed");
    }

    private EventSubscription subscribe(EventFd.Listener listener) {
        EventSubscription subscription = new EventSubscription(listener, counter, this::unsubscribe);
        synchronized (this) {
            refer();
            subscriptions.add(subscription);
        }
        return subscription;
    }

    private EventSubscription watched(EventSubscription subscription) {
        try {
            counter.watch(subscription);
        } catch (RuntimeException | Error failure) {
            unsubscribe(subscription);
            throw failure;
        }
        if (subscription.ended()) {
            counter.unwatch(subscription); // whoever ended it may have come before the counter knew it
        }
        return subscription;
    }

    private void unsubscribe(EventSubscription subscription) {
        synchronized (this) {
            if (!subscriptions.remove(subscription)) {
                return;
            }
        }
        counter.unwatch(subscription);
        leave();
    }

    private void handleClosed() {
        List<EventSubscription> hearers;
        synchronized (this) {
            handles--;
            hearers = handles == 0 ? List.copyOf(subscriptions) : List.of();
        }
        hearers.forEach(EventSubscription::hangUp);
        leave();
    }

    private record HangUp(Runnable action) implements EventFd.Listener {
        @Override
        public void signalled() {
            // It is not watched.
        }

        @Override
        public void hungUp() {
            action.run();
        }
    }

    private SharedEventFd owner() {
        return this;
    }

    private final class Handle implements EventFd {
        private final AtomicBoolean closed = new AtomicBoolean();

        private void check(String operation) {
            if (closed.get()) {
                throw closed(operation);
            }
        }

        @Override
        public void add(long count) {
            check("add");
            counter.add(count);
        }

        @Override
        public void signal() {
            check("signal");
            counter.signal();
        }

        @Override
        public long take() {
            check("take");
            return counter.take();
        }

        @Override
        public boolean same(EventFd other) {
            return other instanceof Handle handle && handle.shared() == shared();
        }

        private SharedEventFd shared() {
            return owner();
        }

        @Override
        public EventFd duplicate() {
            check("duplicate");
            return handle().orElseThrow(() -> closed("duplicate"));
        }

        @Override
        public Signaller signaller() {
            check("signaller");
            refer();
            return new CounterSignaller();
        }

        @Override
        public EventSubscription listen(Listener listener) {
            check("listen");
            return watched(subscribe(listener));
        }

        @Override
        public EventSubscription onHangUp(Runnable action) {
            check("onHangUp");
            return subscribe(new HangUp(action));
        }

        @Override
        public Optional<Descriptor> descriptor() {
            check("descriptor");
            return counter.descriptor();
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                handleClosed();
            }
        }

        @Override
        public String toString() {
            return counter.toString();
        }
    }

    private final class CounterSignaller implements EventFd.Signaller {
        private final AtomicBoolean closed = new AtomicBoolean();

        @Override
        public void signal() {
            if (!closed.get()) {
                counter.signal(); // a counter that is released meanwhile ignores it
            }
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                leave();
            }
        }
    }
}

package org.cupule.host.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.cupule.host.Descriptor;
import org.cupule.host.EventCounter;
import org.cupule.host.EventSubscription;
import org.jspecify.annotations.Nullable;

/**
 * An eventfd of the kernel. Whoever shares one may have made it blocking, which belongs to all who share it and must
 * not be changed here: such a one is signalled and read by calls that never wait.
 *
 * @threading any thread
 */
final class LinuxEventCounter implements EventCounter {
    private static final MemorySegment ONE = one();
    private static final long MAX = org.cupule.host.EventFd.MAX;
    /** The kernel refuses at once to add it; but its own signals may bring a counter there. */
    private static final long TOO_MUCH = -1;
    private static final int EAGAIN = 11;
    private static final int EOPNOTSUPP = 95;

    private final LinuxDescriptor descriptor;
    private final long id;
    private final boolean own;
    private final @Nullable AioSignal neverWaiting;
    private final Poller poller;
    private final Runnable onRelease;
    private final Map<EventSubscription, Long> watches = new ConcurrentHashMap<>();

    /**
     * Takes a descriptor over.
     *
     * @param id
     *            the kernel's number of it, for people
     * @param own
     *            whether it was made here, without blocking
     * @param onRelease
     *            called before it is closed
     */
    LinuxEventCounter(LinuxDescriptor descriptor, long id, boolean own, Poller poller, Runnable onRelease) {
        this.descriptor = descriptor;
        this.id = id;
        this.own = own;
        this.neverWaiting = own ? null : AioSignal.of(descriptor.fd()).orElse(null);
        this.poller = poller;
        this.onRelease = onRelease;
    }

    private static MemorySegment one() {
        return Arena.global().allocateFrom(ValueLayout.JAVA_LONG, 1).asReadOnly();
    }

    @Override
    public void add(long count) {
        int fd = descriptor.enter("add");
        try (Arena arena = Arena.ofConfined()) {
            long result = own || fits(fd, count)
                    ? Libc.write(fd, arena.allocateFrom(ValueLayout.JAVA_LONG, count))
                    : -EAGAIN;
            Native.check(result, "add",
                    "the event counter cannot take %s more now".formatted(Long.toUnsignedString(count)));
        } finally {
            descriptor.leave();
        }
    }

    @Override
    public void signal() {
        if (descriptor.tryEnter()) {
            try {
                tell(descriptor.fd());
            } finally {
                descriptor.leave();
            }
        }
    }

    private void tell(int fd) {
        AioSignal never = neverWaiting;
        if (never != null && never.signal()) {
            return;
        }
        if (own || ready(fd, Libc.POLLOUT)) {
            Libc.quietWrite(fd, ONE);
        }
    }

    @Override
    public long take() {
        int fd = descriptor.enter("take");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            long result = own ? Libc.read(fd, count) : readNow(fd, count);
            if (result == -EAGAIN) {
                return 0;
            }
            Native.check(result, "take", "the event counter could not be read");
            long taken = count.get(ValueLayout.JAVA_LONG, 0);
            return taken == TOO_MUCH ? MAX : taken; // the kernel's own signals go one further
        } finally {
            descriptor.leave();
        }
    }

    private static long readNow(int fd, MemorySegment count) {
        long result = Libc.readWithoutWaiting(fd, count);
        if (result != -EOPNOTSUPP) {
            return result;
        }
        return ready(fd, Libc.POLLIN) ? Libc.read(fd, count) : -EAGAIN; // an old kernel
    }

    /**
     * Whether an addition would not wait. Readiness to write says it for one; for more the count itself is looked at,
     * which others may change before the write: so an addition to a blocking counter that others add to may wait.
     */
    private static boolean fits(int fd, long count) {
        return ready(fd, Libc.POLLOUT) && Long.compareUnsigned(count, MAX - ProcessDescriptors.eventFdCount(fd)) <= 0
                || count == TOO_MUCH;
    }

    private static boolean ready(int fd, short events) {
        return (Libc.poll(fd, events) & events) != 0;
    }

    @Override
    public void watch(EventSubscription subscription) {
        watches.put(subscription, poller.watch(descriptor, Epoll.IN, subscription::signalled));
    }

    @Override
    public void unwatch(EventSubscription subscription) {
        Long key = watches.remove(subscription);
        if (key != null) {
            poller.unwatch(key);
        }
    }

    @Override
    public Optional<Descriptor> descriptor() {
        return Optional.of(descriptor.duplicate());
    }

    @Override
    public String toString() {
        return "eventfd " + id;
    }

    @Override
    public void release() {
        onRelease.run();
        descriptor.close();
    }
}

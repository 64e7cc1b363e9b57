package org.cupule.host.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for all descriptors that somebody watches, with one thread and one epoll. The thread is there while anything is
 * watched, and outlives the bundle for what is watched still: a VM's interrupts must not end with an update.
 *
 * <p>
 * Watched are copies of descriptors: the kernel tells each copy of each event apart, so that two watchers of one
 * eventfd both hear each signal. Events are edge-triggered: a counter that nobody reads is told of at each signal.
 *
 * @threading any thread
 */
final class Poller {
    private static final Logger LOG = LoggerFactory.getLogger(Poller.class);
    private static final int EVENTS = 64;
    private static final long WAKE_KEY = 0;

    private final Map<Long, Watched> watched = new HashMap<>();
    private long lastKey = WAKE_KEY;
    private @Nullable Run run;

    private record Watched(LinuxDescriptor copy, Runnable action) {
    }

    /** What one thread works on: it ends when nothing is watched, and the next watch begins another. */
    private record Run(LinuxDescriptor epoll, LinuxDescriptor wake) {
        void end() {
            wake.close();
            epoll.close();
        }
    }

    /**
     * Calls an action at each event of a descriptor, and soon when one is there already.
     *
     * @param descriptor
     *            copied
     * @return the key to end it with
     */
    synchronized long watch(LinuxDescriptor descriptor, int events, Runnable action) {
        LinuxDescriptor copy = descriptor.duplicate();
        try {
            Run current = running();
            long key = ++lastKey;
            watched.put(key, new Watched(copy, action));
            try {
                control(current, Epoll.ADD, copy, events | Epoll.EDGE_TRIGGERED, key);
            } catch (RuntimeException | Error failure) {
                watched.remove(key);
                throw failure;
            }
            return key;
        } catch (RuntimeException | Error failure) {
            copy.close();
            endIfIdle();
            throw failure;
        }
    }

    /** Ends a watch; the action may be inside. Does nothing when it has ended. */
    synchronized void unwatch(long key) {
        Watched gone = watched.remove(key);
        if (gone != null && run != null) {
            control(run, Epoll.DELETE, gone.copy, 0, key);
            gone.copy.close();
            endIfIdle();
        }
    }

    private static void control(Run run, int operation, LinuxDescriptor target, int events, long key) {
        Native.check(Epoll.control(run.epoll.fd(), operation, target.fd(), events, key), "watch",
                "descriptor " + target.fd() + " cannot be watched");
    }

    private Run running() {
        if (run != null) {
            return run;
        }
        Run next = begin();
        run = next;
        Thread.ofPlatform().daemon().name("host-linux-poller").start(() -> poll(next));
        return next;
    }

    private static Run begin() {
        LinuxDescriptor epoll = new LinuxDescriptor(
                (int) Native.check(Epoll.create(), "watch", "there is no epoll descriptor"));
        try {
            Run next = new Run(epoll, new LinuxDescriptor((int) Native.check(
                    Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK), "watch", "there is no eventfd")));
            control(next, Epoll.ADD, next.wake, Epoll.IN, WAKE_KEY);
            return next;
        } catch (RuntimeException | Error failure) {
            epoll.close();
            throw failure;
        }
    }

    private void endIfIdle() {
        if (run != null && watched.isEmpty()) {
            try (Arena arena = Arena.ofConfined()) {
                Libc.quietWrite(run.wake.fd(), arena.allocateFrom(ValueLayout.JAVA_LONG, 1));
            }
            run = null; // its thread closes what it works on
        }
    }

    private void poll(Run current) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment events = Epoll.events(arena, EVENTS);
            boolean on = true;
            while (on) {
                long count = Epoll.await(current.epoll.fd(), events);
                if (count < 0 && !Native.interrupted(count)) {
                    throw Native.failure(count, "poll", "epoll failed");
                }
                on = tell(events, count);
            }
        } catch (RuntimeException | Error failure) {
            LOG.error("no event counter is watched any more", failure);
        } finally {
            current.end();
        }
    }

    /** @return false when the thread is to end */
    private boolean tell(MemorySegment events, long count) {
        boolean on = true;
        for (int i = 0; i < count; i++) {
            long key = Epoll.data(events, i);
            if (key == WAKE_KEY) {
                on = false;
            } else {
                act(key);
            }
        }
        return on;
    }

    private void act(long key) {
        Watched found;
        synchronized (this) {
            found = watched.get(key);
        }
        if (found != null) {
            try {
                found.action.run();
            } catch (RuntimeException | Error failure) {
                LOG.warn("what was to be done at an event of descriptor {} failed", found.copy.fd(), failure);
            }
        }
    }
}

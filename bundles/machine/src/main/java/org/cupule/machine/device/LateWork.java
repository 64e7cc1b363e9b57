package org.cupule.machine.device;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Tries again for devices whose timer or input came while somebody was inside their gate, so that neither the clock nor
 * the console ever waits for a device. The thread lives only while there is something to try.
 *
 * @threading any thread; never waits
 */
final class LateWork {
    private static final long SHORTEST_NAP_NANOS = 20_000;
    private static final long LONGEST_NAP_NANOS = 1_000_000;

    private final Set<HostedDevice> devices = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean running = new AtomicBoolean();
    private volatile @Nullable Thread runner;

    void add(HostedDevice device) {
        devices.add(device);
        ensureThread();
    }

    private void ensureThread() {
        if (!devices.isEmpty() && running.compareAndSet(false, true)) {
            begin();
        }
    }

    private void begin() {
        Thread fresh = Thread.ofVirtual().name("late-device-work").unstarted(this::run);
        runner = fresh;
        fresh.start();
    }

    /** If it is this thread that does not come back, a fresh one goes on. */
    void leaveBehind(Thread stuck) {
        if (runner == stuck) {
            begin();
        }
    }

    /** Taken out first: what becomes due during the try puts the device in again. */
    private void tryAgain(HostedDevice device) {
        devices.remove(device);
        if (!device.work().run()) {
            devices.add(device);
        }
    }

    private void run() {
        Thread me = Thread.currentThread();
        for (long nap = SHORTEST_NAP_NANOS; !devices.isEmpty(); nap = Math.min(2 * nap, LONGEST_NAP_NANOS)) {
            LockSupport.parkNanos(nap);
            devices.forEach(this::tryAgain);
            if (runner != me) {
                return; // left behind, and back after all
            }
        }
        running.set(false);
        ensureThread();
    }
}

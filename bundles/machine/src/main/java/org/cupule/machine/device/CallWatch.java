package org.cupule.machine.device;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Looks after calls into devices that do not return. It looks several times within the time that a call may take, and
 * what counts is that all looks see the same call: so a host that stood still meanwhile does no harm. The access path
 * pays nothing for it but two stores at the gate.
 *
 * @threading any thread; the looks on {@code device-watch}, which lives while there are machines
 */
public final class CallWatch {
    private static final int LOOKS = 8;

    private final Supplier<Policy> policy;
    private final Set<Devices> watched = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean running = new AtomicBoolean();

    /** Makes a watch over nothing. */
    public CallWatch(Supplier<Policy> policy) {
        this.policy = policy;
    }

    /** Watches over these devices from now on. */
    public void add(Devices devices) {
        watched.add(devices);
        ensureThread();
    }

    /** Does not watch over them any more. */
    public void remove(Devices devices) {
        watched.remove(devices);
    }

    private void ensureThread() {
        if (!watched.isEmpty() && running.compareAndSet(false, true)) {
            Thread.ofPlatform().daemon().name("device-watch").start(this::run);
        }
    }

    private void run() {
        while (!watched.isEmpty()) {
            LockSupport.parkNanos(policy.get().call().toNanos() / LOOKS);
            watched.forEach(devices -> devices.look(LOOKS));
        }
        running.set(false);
        ensureThread();
    }
}

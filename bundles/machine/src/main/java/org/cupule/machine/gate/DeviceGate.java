package org.cupule.machine.gate;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets one caller at a time into a device. A swap closes the gate: who arrives then waits, and goes on when it is open
 * again. A gate whose holder never comes back is retired: who waits at it, and who comes later, is sent away.
 *
 * <pre>
 *            enter: CAS              close: closer = me, then enter
 *   FREE --------------> held by a thread <------------------ FREE
 *     ^                      |                                  ^
 *     '-- leave: release ----'        open: closer = 0, leave --'
 *
 *   owner   0 free, else the id of the thread inside
 *   closer  0 open, -1 retired, else the id of the thread that closes or has closed it
 * </pre>
 *
 * <p>
 * Without contention the way in is one compare-and-set and the way out one release store. A waiter parks for a bounded
 * time and looks again by itself, because {@link #leave} has no full fence between its store and its look at
 * {@code waiters}: the waiter that it thus fails to see finds the gate free at its next look, at most
 * {@value #LONGEST_NAP_NANOS} ns later.
 *
 * @threading any thread
 */
public final class DeviceGate {
    private static final VarHandle OWNER;
    private static final VarHandle CLOSER;
    private static final VarHandle INSIDER;
    private static final VarHandle ENTRIES;
    private static final Thread NOBODY_YET = Thread.ofPlatform().name("nobody").unstarted(() -> {
    });
    private static final long NOBODY = 0;
    private static final long RETIRED = -1;
    private static final long SHORTEST_NAP_NANOS = 2_000;
    private static final long LONGEST_NAP_NANOS = 500_000;

    static {
        try {
            var lookup = MethodHandles.lookup();
            OWNER = lookup.findVarHandle(DeviceGate.class, "owner", long.class);
            CLOSER = lookup.findVarHandle(DeviceGate.class, "closer", long.class);
            INSIDER = lookup.findVarHandle(DeviceGate.class, "insider", Thread.class);
            ENTRIES = lookup.findVarHandle(DeviceGate.class, "entries", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Compare-and-set acquires it in enter, a release store frees it in leave: what one holder wrote the next sees. */
    private long owner;
    private volatile long closer;
    /**
     * Who is or was inside, and how often somebody came in: written inside, read by {@link #visit} anywhere, opaque.
     */
    private Thread insider = NOBODY_YET;
    private long entries;
    private final AtomicInteger waiters = new AtomicInteger();
    private final AtomicInteger arrivals = new AtomicInteger();
    private final ConcurrentLinkedQueue<Thread> queue = new ConcurrentLinkedQueue<>();

    /**
     * Goes in, and waits for it as long as it takes.
     *
     * @return false when the gate is retired: the caller is not inside
     * @throws IllegalStateException
     *             when the caller is inside already: nothing may come back into a device
     */
    public boolean enter() {
        Thread caller = Thread.currentThread();
        long me = caller.threadId();
        return closer == NOBODY && OWNER.compareAndSet(this, NOBODY, me) && came(caller)
                || await(me, true, Long.MAX_VALUE);
    }

    private boolean came(Thread caller) {
        INSIDER.setOpaque(this, caller);
        ENTRIES.setOpaque(this, entries + 1);
        return true;
    }

    /** Goes in if nobody is inside and the gate is open. @return whether the caller is inside now */
    public boolean tryEnter() {
        Thread caller = Thread.currentThread();
        return closer == NOBODY && OWNER.compareAndSet(this, NOBODY, caller.threadId()) && came(caller);
    }

    /** Goes out. Only for who is inside. */
    public void leave() {
        OWNER.setRelease(this, NOBODY);
        if (waiters.get() != 0) {
            wakeFirst();
        }
    }

    /**
     * One stay inside the gate.
     *
     * @param thread
     *            who is inside
     * @param number
     *            how many came before: two looks that see equal visits see the same stay
     */
    public record Visit(Thread thread, long number) {
    }

    /** {@return who is inside now; empty when nobody is. Perhaps that of a moment ago} */
    public Optional<Visit> visit() {
        if ((long) OWNER.getOpaque(this) == NOBODY) {
            return Optional.empty();
        }
        return Optional.of(new Visit((Thread) INSIDER.getOpaque(this), (long) ENTRIES.getOpaque(this)));
    }

    /** {@return whether somebody has closed the gate, or is about to} */
    public boolean closed() {
        return closer != NOBODY;
    }

    /** {@return whether the calling thread is inside} */
    public boolean held() {
        return (long) OWNER.getOpaque(this) == Thread.currentThread().threadId();
    }

    /**
     * Closes the gate: waits until nobody is inside, goes in, and lets nobody else in.
     *
     * @param nanos
     *            how long to wait
     * @return whether it is closed now, by the caller; if not, all is as before
     */
    public boolean close(long nanos) {
        long me = Thread.currentThread().threadId();
        long deadline = System.nanoTime() + nanos;
        if (!CLOSER.compareAndSet(this, NOBODY, me) && !awaitClosing(me, deadline)) {
            return false;
        }
        arrivals.set(0);
        if (OWNER.compareAndSet(this, NOBODY, me) && came(Thread.currentThread()) || await(me, false, deadline)) {
            return true;
        }
        CLOSER.compareAndSet(this, me, NOBODY);
        queue.forEach(LockSupport::unpark);
        return false;
    }

    /** {@return how many callers have come since the gate was closed} */
    public int arrivals() {
        return arrivals.get();
    }

    /** Opens the gate that the caller has closed; who waited goes in, one at a time. */
    public void open() {
        INSIDER.setOpaque(this, NOBODY_YET); // a thread holds what it has done, here perhaps a device that is gone
        CLOSER.compareAndSet(this, Thread.currentThread().threadId(), NOBODY);
        OWNER.setRelease(this, NOBODY);
        queue.forEach(LockSupport::unpark);
    }

    /** Takes the gate out of use for ever; who is inside does not matter any more. */
    public void retire() {
        closer = RETIRED;
        queue.forEach(LockSupport::unpark);
    }

    private boolean await(long me, boolean arriving, long deadline) {
        if (held()) {
            throw new IllegalStateException("a call came back into a device before the present one had ended");
        }
        long closing = closer;
        if (arriving && closing != NOBODY && closing != me) {
            arrivals.incrementAndGet();
        }
        Thread thread = Thread.currentThread();
        waiters.incrementAndGet();
        queue.add(thread);
        try {
            return park(me, deadline);
        } finally {
            queue.remove(thread);
            waiters.decrementAndGet();
        }
    }

    private boolean park(long me, long deadline) {
        boolean interrupted = false;
        try {
            for (long nap = SHORTEST_NAP_NANOS;; nap = Math.min(2 * nap, LONGEST_NAP_NANOS)) {
                long closing = closer;
                if ((closing == NOBODY || closing == me) && OWNER.compareAndSet(this, NOBODY, me)) {
                    return came(Thread.currentThread());
                }
                if (closing == RETIRED || deadline != Long.MAX_VALUE && System.nanoTime() - deadline > 0) {
                    return false;
                }
                LockSupport.parkNanos(this, nap);
                interrupted |= Thread.interrupted();
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private boolean awaitClosing(long me, long deadline) {
        while (closer != RETIRED && System.nanoTime() - deadline < 0) {
            if (CLOSER.compareAndSet(this, NOBODY, me)) {
                return true;
            }
            LockSupport.parkNanos(this, LONGEST_NAP_NANOS / 10);
        }
        return false;
    }

    private void wakeFirst() {
        Thread first = queue.peek();
        if (first != null) {
            LockSupport.unpark(first);
        }
    }
}

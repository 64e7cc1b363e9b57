package org.cupule.hv.sim;

import java.util.function.LongSupplier;

/**
 * A deadline for something that others do on the same processors. It counts the time in which the waiter itself could
 * run: where the host has no processor for who waits, it has none for those who are waited for either, and that they
 * are late then says nothing about them. So a host that is overloaded, stopped or suspended for a while makes nobody
 * late.
 *
 * <pre>
 *  looks of the waiter   |.|.|.|.|.              |.|.|.
 *  counted               all of it    STEP only   all of it
 * </pre>
 *
 * @threading one thread
 */
final class Patience {
    /** What counts at most between two looks: many times what lies between two looks of a waiter that can run. */
    static final long STEP_NANOS = 10_000_000;

    private final LongSupplier clock;
    private long left;
    private long seen;

    /**
     * Begins to count.
     *
     * @param deadlineNanos
     *            how long to be patient
     * @param clock
     *            in nanoseconds, as {@link System#nanoTime}
     */
    Patience(long deadlineNanos, LongSupplier clock) {
        this.clock = clock;
        this.left = deadlineNanos;
        this.seen = clock.getAsLong();
    }

    /** Looks at the clock. {@return whether the deadline has passed} */
    boolean over() {
        long now = clock.getAsLong();
        left -= Math.min(now - seen, STEP_NANOS);
        seen = now;
        return left <= 0;
    }
}

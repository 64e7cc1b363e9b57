package org.cupule.hv.sim;

import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;

/**
 * The clock of one partition, as the partition itself sees it.
 *
 * @threading any thread, unless a method says otherwise
 */
interface SimClock extends VmClock {
    /** Reason to stand still: the partition is not RUNNING. */
    int NOT_RUNNING = 1;
    /** Reason to stand still: a rendezvous. */
    int RENDEZVOUS = 2;

    /** Stops the clock for a reason; it goes on when every reason is gone. */
    void hold(int reason);

    /** Takes a reason away. */
    void release(int reason);

    /** Continues a clock that was saved; while this one stands still. */
    void set(long nanos, long epochSeconds);

    /** {@return a timer for a local APIC: its action must not wait} */
    VmTimer lapicTimer(Runnable action);

    /** The action of a timer does not return: if the clock has a thread that is inside, a fresh one goes on. */
    void leaveBehind(Thread stuck);

    /** Ends the clock: no timer fires any more, and none is in its action when this returns, but for one that hangs. */
    void close();
}

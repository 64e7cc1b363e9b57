package org.cupule.hw.lapic;

import org.cupule.hardware.LapicContext;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;

/**
 * The timer: it never counts, it computes from the VM's clock. At bus tick {@code start} the count was
 * {@code startCount}, and it has gone down by one each {@code divisor} ticks since. So the current count is exact at
 * any time, and no rounding of a deadline adds up over the periods.
 *
 * <pre>
 *  bus ticks   start       + divisor    + 2 divisor          + startCount * divisor
 *              |------------|------------|-- ... -------------|
 *  count       startCount    - 1          - 2                 expired: stops, or goes on with the initial count
 * </pre>
 *
 * <p>
 * Source: Intel SDM volume 3, "APIC Timer", "TSC-Deadline Mode".
 *
 * @threading confined to the vCPU's thread
 */
final class ApicTimer {
    static final int ONE_SHOT = 0;
    static final int PERIODIC = 1;
    static final int TSC_DEADLINE = 2;
    /** {@link #start} of a timer that does not count. */
    static final long STOPPED = -1;

    /** Bits of the divide configuration register; bit 2 is reserved. */
    private static final int DIVIDE_BITS = 0xB;

    private final LapicContext context;
    private int mode;
    private int initialCount;
    private int divide;
    private long start = STOPPED;
    /** The count at {@link #start}, unsigned; 1 or more unless stopped. */
    private long startCount;
    private long tscDeadline;
    /** What the context's timer is armed with. */
    private long armed = VmTimer.NEVER;

    ApicTimer(LapicContext context) {
        this.context = context;
    }

    /** Sets the power-on state; the context's timer is disarmed by the next {@link #arm}. */
    void reset() {
        mode = ONE_SHOT;
        divide = 0;
        stop();
    }

    private void stop() {
        initialCount = 0;
        tscDeadline = 0;
        count(0);
    }

    /** Takes the mode of the local vector: one-shot and periodic share a running count, else a change disarms. */
    void mode(int newMode) {
        if (newMode != mode && (newMode | mode) > PERIODIC) {
            stop();
        }
        mode = newMode;
    }

    int initialCount() {
        return initialCount;
    }

    /** Starts counting down, or stops with 0; ignored in TSC-deadline mode. */
    void initialCount(int count) {
        if (mode <= PERIODIC) {
            initialCount = count;
            count(count & 0xFFFF_FFFFL);
        }
    }

    /** Counts down from here and now; 0 stops. */
    private void count(long from) {
        start = from == 0 ? STOPPED : ticks();
        startCount = from;
    }

    /** {@return the count now; {@link #expire} has been called} */
    int currentCount() {
        return start == STOPPED ? 0 : (int) (startCount - elapsed());
    }

    int divide() {
        return divide;
    }

    /** Changes the divider; a running count goes on from where it is, with a whole step. */
    void divide(int value) {
        long left = currentCount() & 0xFFFF_FFFFL;
        divide = value & DIVIDE_BITS;
        count(left);
    }

    /** {@return IA32_TSC_DEADLINE: 0 in other modes and once it is past} */
    long tscDeadline() {
        return tscDeadline;
    }

    /** Arms TSC-deadline mode, or disarms with 0; ignored in other modes. */
    void tscDeadline(long deadline) {
        if (mode == TSC_DEADLINE) {
            tscDeadline = deadline;
        }
    }

    /** {@return the bus tick at which the present count began, or {@link #STOPPED}} */
    long start() {
        return start;
    }

    /** {@return the count at that tick} */
    long startCount() {
        return startCount;
    }

    /** Puts back what was saved, with the count stopped; a deadline outside its mode can only be 0. */
    void restore(int newMode, int newDivide, int newInitialCount, long newTscDeadline) {
        stop();
        mode = newMode;
        divide = newDivide & DIVIDE_BITS;
        initialCount = newInitialCount;
        tscDeadline(newTscDeadline);
    }

    /** Puts back a running count; ignored in a mode that does not count. */
    void restoreCount(long newStart, long newStartCount) {
        if (mode <= PERIODIC) {
            start = newStart;
            startCount = newStartCount;
        }
    }

    /** {@return whether the deadline has come since the last call; a periodic timer begins its next period} */
    boolean expire() {
        if (mode == TSC_DEADLINE) {
            return expireDeadline();
        }
        if (start == STOPPED) {
            return false;
        }
        long late = elapsed() - startCount;
        if (late < 0) {
            return false;
        }
        if (mode == PERIODIC && initialCount != 0) {
            long period = initialCount & 0xFFFF_FFFFL;
            start += (startCount + late / period * period) * divisor();
            startCount = period;
        } else {
            count(0);
        }
        return true;
    }

    private boolean expireDeadline() {
        if (tscDeadline == 0 || Long.compareUnsigned(context.timeStampCounter(), tscDeadline) < 0) {
            return false;
        }
        tscDeadline = 0;
        return true;
    }

    /** Notes that the context's timer has fired, so it is armed no more. */
    void fired() {
        armed = VmTimer.NEVER;
    }

    /** Arms the context's timer at the deadline, or disarms it when there is none or nobody wants the interrupt. */
    void arm(boolean wanted) {
        long deadline = wanted ? deadline() : VmTimer.NEVER;
        if (deadline != armed) {
            armed = deadline;
            context.timerAt(deadline);
        }
    }

    private long deadline() {
        if (start != STOPPED) {
            return VmClock.nanosAt(start + startCount * divisor(), context.busHertz());
        }
        return tscDeadline == 0 ? VmTimer.NEVER : tscDeadlineNanos();
    }

    /** A deadline more than some decades ahead is not armed at all. */
    private long tscDeadlineNanos() {
        long now = context.timeStampCounter();
        long nanos = context.clock().nanos();
        if (Long.compareUnsigned(tscDeadline, now) <= 0) {
            return nanos;
        }
        long left = tscDeadline - now;
        boolean far = left < 0 || left / context.tscHertz() > Integer.MAX_VALUE;
        return far ? VmTimer.NEVER : nanos + VmClock.nanosAt(left, context.tscHertz());
    }

    private long ticks() {
        return VmClock.ticks(context.clock().nanos(), context.busHertz());
    }

    /** {@return how many times the count has gone down since it began} */
    private long elapsed() {
        return (ticks() - start) / divisor();
    }

    /** Bits 3, 1 and 0: 000 divides by 2, 001 by 4, ... 110 by 128, 111 by 1. */
    private long divisor() {
        int code = divide >> 1 & 4 | divide & 3;
        return 1L << (code + 1 & 7);
    }
}

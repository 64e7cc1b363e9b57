package org.cupule.hw.lapic;

import org.cupule.hardware.LapicContext;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;

/**
 * The timer, known by the bus tick at which it expires. All else follows: with {@code left} ticks to go the count is
 * {@code left / divisor}, rounded up, and what the rounding adds is the part of the present step that is over. So the
 * step's phase survives a change of the divider.
 *
 * <pre>
 *  bus ticks          now                               expiry
 *  -------------|------+-----|------------|-- ... --------|
 *  count        n            n - 1                  1     0: stops, or expiry += initialCount * divisor
 * </pre>
 *
 * <p>
 * Source: Intel SDM volume 3, "APIC Timer", "TSC-Deadline Mode".
 *
 * @threading confined to the vCPU's thread
 */
final class Countdown {
    static final int PERIODIC = 1;
    static final int TSC_DEADLINE = 2;
    private static final long NONE = -1;

    private final LapicContext context;
    private int mode;
    private long initialCount;
    private int shift = 1;
    private long expiry = NONE;
    private long tscDeadline;
    private long armed = VmTimer.NEVER;

    Countdown(LapicContext context) {
        this.context = context;
    }

    void reset() {
        mode = 0;
        shift = 1;
        stop();
    }

    private void stop() {
        initialCount = 0;
        expiry = NONE;
        tscDeadline = 0;
    }

    boolean counts() {
        return mode <= PERIODIC;
    }

    /** Takes the mode; a change to or from a mode that does not count disarms. */
    void mode(int newMode) {
        if (newMode != mode && (newMode > PERIODIC || mode > PERIODIC)) {
            stop();
        }
        mode = newMode;
    }

    long initialCount() {
        return initialCount;
    }

    /** Starts to count down, or stops with 0; the mode is one that counts. */
    void start(long count) {
        initialCount = count;
        expiry = count == 0 ? NONE : now() + (count << shift);
    }

    /** {@return the count; {@link #expire} has been called} */
    long currentCount() {
        return expiry == NONE ? 0 : count(expiry - now());
    }

    private long count(long left) {
        return left + (1L << shift) - 1 >> shift;
    }

    /** Divides by {@code 1 << newShift} from now on: the count stays, and so does the prescaler's lower part. */
    void divide(int newShift) {
        if (expiry != NONE) {
            long left = expiry - now();
            long count = count(left);
            long over = (count << shift) - left;
            expiry = now() + (count << newShift) - (over & (1L << newShift) - 1);
        }
        shift = newShift;
    }

    long tscDeadline() {
        return tscDeadline;
    }

    void tscDeadline(long deadline) {
        tscDeadline = mode == TSC_DEADLINE ? deadline : 0;
    }

    /** {@return how many deadlines have come since the last call; a periodic timer goes on with the next period} */
    long expire() {
        if (mode == TSC_DEADLINE) {
            boolean due = tscDeadline != 0
                    && Long.compareUnsigned(context.timeStampCounter(), tscDeadline) >= 0;
            tscDeadline = due ? 0 : tscDeadline;
            return due ? 1 : 0;
        }
        long late = now() - expiry;
        if (expiry == NONE || late < 0) {
            return 0;
        }
        if (mode != PERIODIC || initialCount == 0) {
            expiry = NONE;
            return 1;
        }
        long period = initialCount << shift;
        long periods = late / period + 1;
        expiry += periods * period;
        return periods;
    }

    void fired() {
        armed = VmTimer.NEVER;
    }

    /** Keeps the context's timer at the deadline, or disarmed where there is none or it is not wanted. */
    void arm(boolean wanted) {
        long deadline = wanted ? deadline() : VmTimer.NEVER;
        if (deadline != armed) {
            armed = deadline;
            context.timerAt(deadline);
        }
    }

    private long deadline() {
        if (expiry != NONE) {
            return VmClock.nanosAt(expiry, context.busHertz());
        }
        if (tscDeadline == 0) {
            return VmTimer.NEVER;
        }
        long tsc = context.timeStampCounter();
        long nanos = context.clock().nanos();
        if (Long.compareUnsigned(tscDeadline, tsc) <= 0) {
            return nanos;
        }
        long left = tscDeadline - tsc;
        boolean decades = left < 0 || left / context.tscHertz() > Integer.MAX_VALUE;
        return decades ? VmTimer.NEVER : nanos + VmClock.nanosAt(left, context.tscHertz());
    }

    private long now() {
        return VmClock.ticks(context.clock().nanos(), context.busHertz());
    }

    /** {@return the tick at which the count was {@link #savedCount}, or -1 when it stands} */
    long savedStart() {
        return expiry == NONE ? NONE : Math.max(0, expiry - (savedCount() << shift));
    }

    /** {@return the initial count where it began after time 0, else the present one} */
    long savedCount() {
        if (expiry == NONE) {
            return 0;
        }
        return initialCount != 0 && expiry - (initialCount << shift) >= 0 ? initialCount : count(expiry - now());
    }

    /** Puts back what was saved; the mode decides what of it counts. */
    void restore(int newMode, int newShift, long newInitialCount, long newTscDeadline) {
        mode = newMode;
        shift = newShift;
        initialCount = newInitialCount;
        expiry = NONE;
        tscDeadline(newTscDeadline);
    }

    /** Puts back a running count. */
    void restoreCount(long start, long count) {
        expiry = counts() ? start + (count << shift) : NONE;
    }
}

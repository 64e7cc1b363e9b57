package org.cupule.dev.sample;

import org.cupule.device.DeviceContext;
import org.cupule.state.ModelState;
import org.cupule.time.VmTimer;

/**
 * The timer: counts periods, exactly even when it is called late.
 *
 * @threading confined to the device's gate
 */
final class PeriodTimer {
    private static final int RUN = 1;
    private static final int PERIODIC = 2;
    private static final long LEAST_PERIOD_NANOS = 10_000;

    private final DeviceContext context;
    private final Interrupts interrupts;
    private final VmTimer timer;
    private int period;
    private int control;
    private long ticks;
    private long periodEnd;

    PeriodTimer(DeviceContext context, Interrupts interrupts) {
        this.context = context;
        this.interrupts = interrupts;
        timer = context.timer("period", this::periodEnded);
    }

    void reset() {
        timer.disarm();
        period = 0;
        control = 0;
        ticks = 0;
        periodEnd = 0;
    }

    int read(int register) {
        return switch (register) {
            case Registers.TIMER_PERIOD -> period;
            case Registers.TIMER_CONTROL -> control;
            case Registers.TIMER_TICKS -> (int) ticks;
            case Registers.TIMER_TICKS_HIGH -> (int) (ticks >>> 32);
            default -> 0;
        };
    }

    void write(int register, int value) {
        switch (register) {
            case Registers.TIMER_PERIOD -> period = value;
            case Registers.TIMER_CONTROL -> control(value);
            case Registers.TIMER_TICKS, Registers.TIMER_TICKS_HIGH -> ticks = 0;
            default -> {
                // read-only
            }
        }
    }

    private void control(int value) {
        control = value & (RUN | PERIODIC);
        if ((control & RUN) == 0) {
            timer.disarm();
        } else {
            begin(context.clock().nanos());
        }
    }

    private void begin(long start) {
        periodEnd = start + periodNanos();
        timer.arm(periodEnd);
    }

    private long periodNanos() {
        return Math.max(Integer.toUnsignedLong(period), LEAST_PERIOD_NANOS);
    }

    /** The period that ended, and where the host was late those that ended after it, end here. */
    private void periodEnded() {
        if ((control & RUN) == 0) {
            return;
        }
        ticks++;
        if ((control & PERIODIC) == 0) {
            control &= ~RUN;
        } else {
            long more = Math.max(0, context.clock().nanos() - periodEnd) / periodNanos();
            ticks += more;
            begin(periodEnd + more * periodNanos());
        }
        interrupts.event(Interrupts.PERIOD_ENDED);
    }

    /** Version 1 has room for the low half of the ticks only. */
    void save(ModelState.Builder state, int version) {
        state.put("timerPeriod", Integer.toUnsignedLong(period)).put("timerControl", control)
                .put("timerTicks", version < 2 ? ticks & 0xFFFF_FFFFL : ticks).put("timerPeriodEnd", periodEnd);
    }

    void restore(ModelState state) {
        period = (int) state.number("timerPeriod", 0, 0xFFFF_FFFFL);
        control = (int) state.number("timerControl", 0, RUN | PERIODIC);
        ticks = state.version() < 2 ? state.number("timerTicks", 0, 0xFFFF_FFFFL) : state.number("timerTicks");
        periodEnd = state.number("timerPeriodEnd", 0, Long.MAX_VALUE / 2);
    }
}

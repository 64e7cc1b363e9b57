package org.cupule.machine.fake;

import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;

/**
 * A clock that a test moves. It is as nasty as a clock may be: a timer armed in the past fires inside {@code arm}, when
 * {@link #fireWhenArmed} was called.
 */
public final class FakeClock implements VmClock {
    private final List<Timer> timers = new CopyOnWriteArrayList<>();
    private volatile long now;
    private volatile boolean nasty;

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public long epochSeconds() {
        return 0;
    }

    @Override
    public VmTimer timer(Runnable action) {
        var timer = new Timer(action);
        timers.add(timer);
        return timer;
    }

    /** From now on a timer that is armed in the past fires before {@code arm} returns. */
    public void fireWhenArmed() {
        nasty = true;
    }

    /** {@return how many timers are armed} */
    public long armed() {
        return timers.stream().filter(timer -> timer.deadline != VmTimer.NEVER).count();
    }

    /** Moves on, and fires what is due. */
    public void advance(long nanos) {
        now += nanos;
        timers.stream().filter(timer -> timer.deadline <= now).sorted(Comparator.comparingLong(Timer::deadline))
                .forEach(Timer::fire);
    }

    private final class Timer implements VmTimer {
        private final Runnable action;
        private volatile long deadline = NEVER;

        Timer(Runnable action) {
            this.action = action;
        }

        @Override
        public void arm(long deadlineNanos) {
            deadline = deadlineNanos;
            if (nasty && deadlineNanos <= now) {
                fire();
            }
        }

        @Override
        public void disarm() {
            deadline = NEVER;
        }

        @Override
        public long deadline() {
            return deadline;
        }

        void fire() {
            if (deadline != NEVER) {
                deadline = NEVER;
                action.run();
            }
        }
    }
}

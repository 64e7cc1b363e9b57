package org.cupule.tck.device;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;

/**
 * A clock that only moves when a test moves it. Timers fire inside {@link #advance}, in the order of their deadlines.
 *
 * @threading confined to the test
 */
public final class ManualClock implements VmClock {
    private final List<ManualTimer> timers = new ArrayList<>();
    private final long epochSeconds;
    private long now;
    private int most = Integer.MAX_VALUE;

    /** Makes a clock at VM time zero. */
    public ManualClock(long epochSeconds) {
        this.epochSeconds = epochSeconds;
    }

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public long epochSeconds() {
        return epochSeconds;
    }

    @Override
    public VmTimer timer(Runnable action) {
        var timer = new ManualTimer(action);
        timers.add(timer);
        return timer;
    }

    /** Moves on by so many nanoseconds; each timer on the way fires at its very deadline. */
    public void advance(long nanos) {
        long target = now + nanos;
        int fired = 0;
        for (var next = due(target); next.isPresent() && fired < most; next = due(target)) {
            now = Math.max(now, next.get().deadline);
            next.get().fire();
            fired++;
        }
        now = target;
    }

    /**
     * From now on the host is as slow as a real one: in one {@link #advance} it keeps so many deadlines, and is late
     * for the rest. For devices whose guest may set a timer to a few nanoseconds, and whose test lets hours go by.
     */
    public void keepsAtMost(int deadlines) {
        most = deadlines;
    }

    /** Moves on by so many nanoseconds and fires what has become due only then: a host that was late. */
    public void advanceLate(long nanos) {
        now += nanos;
        advance(0);
    }

    /** {@return the earliest deadline, or {@link VmTimer#NEVER}} */
    public long nextDeadline() {
        return timers.stream().mapToLong(ManualTimer::deadline).min().orElse(VmTimer.NEVER);
    }

    private Optional<ManualTimer> due(long target) {
        return timers.stream().filter(timer -> timer.deadline <= target && timer.deadline != VmTimer.NEVER)
                .min(Comparator.comparingLong(ManualTimer::deadline));
    }

    private static final class ManualTimer implements VmTimer {
        private final Runnable action;
        private long deadline = NEVER;

        ManualTimer(Runnable action) {
            this.action = action;
        }

        @Override
        public void arm(long deadlineNanos) {
            deadline = deadlineNanos;
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
            deadline = NEVER;
            action.run();
        }
    }
}

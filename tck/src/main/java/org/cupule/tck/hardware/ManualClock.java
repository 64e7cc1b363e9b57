package org.cupule.tck.hardware;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;

/**
 * A clock that stands still until a test moves it. Timers fire inside {@link #advance}, each at its own deadline, in
 * the order of the deadlines.
 *
 * @threading confined to the test's thread
 */
public final class ManualClock implements VmClock {
    private final List<ManualTimer> timers = new ArrayList<>();
    private long nanos;

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public long epochSeconds() {
        return 1_000_000_000L;
    }

    @Override
    public VmTimer timer(Runnable action) {
        ManualTimer timer = new ManualTimer(action);
        timers.add(timer);
        return timer;
    }

    /** Moves the time without firing anything, as if the host were late. */
    public void jump(long byNanos) {
        nanos += byNanos;
    }

    /** Moves the time, firing what is due on the way. */
    public void advance(long byNanos) {
        long end = nanos + byNanos;
        ManualTimer next = next();
        while (next != null && next.deadline <= end) {
            nanos = Math.max(nanos, next.deadline);
            next.deadline = VmTimer.NEVER;
            next.action.run();
            next = next();
        }
        nanos = end;
    }

    private @org.jspecify.annotations.Nullable ManualTimer next() {
        return timers.stream().filter(timer -> timer.deadline != VmTimer.NEVER)
                .min(Comparator.comparingLong(timer -> timer.deadline)).orElse(null);
    }

    /** A timer on this clock. */
    private static final class ManualTimer implements VmTimer {
        private final Runnable action;
        private long deadline = NEVER;

        private ManualTimer(Runnable action) {
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
    }
}

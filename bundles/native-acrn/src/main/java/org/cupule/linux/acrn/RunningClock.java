package org.cupule.linux.acrn;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The clock of a VM whose processors are real: it follows the host's while the VM runs, and stands still else. The
 * devices that the HSM emulates for the VM read it.
 *
 * @threading any thread; timers fire on one thread of the clock, without its lock
 */
final class RunningClock implements VmClock {
    private static final Logger LOG = LoggerFactory.getLogger(RunningClock.class);
    private static final Duration LAST_ACTION = Duration.ofSeconds(1);

    private final String name;
    private final LongSupplier host;
    private final long epochSeconds;
    private final List<Timer> armed = new ArrayList<>();
    private boolean running;
    private boolean closed;
    /** While it runs, what to take from the host's time; else the time at which it stands. */
    private long value;
    private @Nullable Thread ticker;

    /**
     * Makes a clock that stands at zero.
     *
     * @param host
     *            nanoseconds of the host's monotonic clock
     */
    RunningClock(String name, LongSupplier host, long epochSeconds) {
        this.name = name;
        this.host = host;
        this.epochSeconds = epochSeconds;
    }

    @Override
    public synchronized long nanos() {
        return running ? host.getAsLong() - value : value;
    }

    @Override
    public long epochSeconds() {
        return epochSeconds;
    }

    /** Goes on; does nothing while it runs. */
    synchronized void run() {
        if (!running) {
            value = host.getAsLong() - value;
            running = true;
            wake();
        }
    }

    /** Stands still; does nothing while it stands. */
    synchronized void hold() {
        if (running) {
            value = host.getAsLong() - value;
            running = false;
        }
    }

    /** Ends: no action begins from now on. Waits a little for one that is going on. */
    void close() {
        Thread ticking;
        synchronized (this) {
            closed = true;
            armed.clear();
            ticking = ticker;
        }
        if (ticking != null && ticking != Thread.currentThread()) {
            LockSupport.unpark(ticking);
            try {
                ticking.join(LAST_ACTION);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The timers' thread is inside an action that does not return: a fresh one goes on. */
    synchronized void leaveBehind(Thread stuck) {
        if (ticker == stuck && !closed) {
            LOG.warn("{}: the action of a timer does not return; a fresh thread goes on", name);
            ticker = null;
            wake();
        }
    }

    @Override
    public VmTimer timer(Runnable action) {
        return new Timer(action);
    }

    /** The thread is made for the first timer that is armed in running time. */
    private void wake() {
        Thread ticking = ticker;
        if (ticking != null) {
            LockSupport.unpark(ticking);
        } else if (running && !closed && !armed.isEmpty()) {
            ticking = Thread.ofPlatform().name(name).daemon().unstarted(this::tick);
            ticker = ticking;
            ticking.start();
        }
    }

    private void tick() {
        while (mine()) {
            Timer due = due();
            if (due != null) {
                fire(due);
            } else {
                LockSupport.parkNanos(this, sleep());
                Thread.interrupted(); // an action's interrupt must not keep the thread awake
            }
        }
    }

    private synchronized boolean mine() {
        return ticker == Thread.currentThread() && !closed;
    }

    private void fire(Timer due) {
        try {
            due.action.run();
        } catch (RuntimeException | Error failure) {
            LOG.error("{}: the action of a timer failed", name, failure);
        }
    }

    private synchronized @Nullable Timer due() {
        Timer first = first();
        if (first == null || !running || first.deadline > nanos()) {
            return null;
        }
        first.disarm();
        return first;
    }

    private synchronized long sleep() {
        Timer first = first();
        return first == null || !running ? Long.MAX_VALUE : Math.max(1, first.deadline - nanos());
    }

    private @Nullable Timer first() {
        Timer first = null;
        for (Timer timer : armed) {
            if (first == null || timer.deadline < first.deadline) {
                first = timer;
            }
        }
        return first;
    }

    private final class Timer implements VmTimer {
        private final Runnable action;
        private long deadline = NEVER;

        Timer(Runnable action) {
            this.action = action;
        }

        @Override
        public void arm(long deadlineNanos) {
            synchronized (RunningClock.this) {
                disarm();
                if (deadlineNanos != NEVER && !closed) {
                    deadline = deadlineNanos;
                    armed.add(this);
                    wake();
                }
            }
        }

        @Override
        public void disarm() {
            synchronized (RunningClock.this) {
                if (deadline != NEVER) {
                    deadline = NEVER;
                    armed.remove(this);
                }
            }
        }

        @Override
        public long deadline() {
            synchronized (RunningClock.this) {
                return deadline;
            }
        }
    }
}

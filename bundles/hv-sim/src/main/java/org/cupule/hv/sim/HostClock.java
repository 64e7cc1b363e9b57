package org.cupule.hv.sim;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.cupule.time.VmTimer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * VM time that follows the host's monotonic clock and stands still while it is held.
 *
 * <p>
 * Time never decreases, also for a reader that races with {@link #hold}: the holder first publishes that it is stopping
 * (readers wait the few instructions), and only then reads the host's clock; a reader reads the host's clock, and uses
 * it only if the state is still the one that it began with.
 *
 * @threading any thread
 */
final class HostClock implements SimClock {
    private static final Logger LOG = LoggerFactory.getLogger(HostClock.class);
    /** How long the last action of a timer may take when the clock is closed. */
    private static final Duration LAST_ACTION = Duration.ofSeconds(1);

    /** What the clock does: running with an offset to the host's clock, stopping, or standing at a value. */
    private record Phase(boolean running, boolean stopping, long value) {
    }

    private final LongSupplier host;
    private volatile long epochSeconds;
    private final Ticker devices;
    private final Ticker lapics;
    private volatile Phase phase = new Phase(false, false, 0);
    private int reasons = NOT_RUNNING;
    private volatile boolean closed;

    /**
     * Makes a clock that stands at zero.
     *
     * @param name
     *            of the VM, for the names of the timer threads
     * @param host
     *            nanoseconds of the host's monotonic clock
     * @param epochSeconds
     *            seconds since the epoch at VM time zero
     */
    HostClock(String name, LongSupplier host, long epochSeconds) {
        this.host = host;
        this.epochSeconds = epochSeconds;
        this.devices = new Ticker(name + "-timer");
        this.lapics = new Ticker(name + "-lapic-timer");
    }

    @Override
    public long nanos() {
        while (true) {
            Phase now = phase;
            if (!now.running) {
                if (!now.stopping) {
                    return now.value;
                }
                Thread.onSpinWait();
            } else {
                long time = host.getAsLong() - now.value;
                if (phase == now) {
                    return time;
                }
            }
        }
    }

    @Override
    public long epochSeconds() {
        return epochSeconds;
    }

    @Override
    public synchronized void set(long nanos, long epochSeconds) {
        this.epochSeconds = epochSeconds;
        phase = new Phase(false, false, nanos);
    }

    @Override
    public VmTimer timer(Runnable action) {
        return devices.queue.timer(action);
    }

    @Override
    public VmTimer lapicTimer(Runnable action) {
        return lapics.queue.timer(action);
    }

    @Override
    public synchronized void hold(int reason) {
        if (reasons == 0) {
            Phase running = phase;
            phase = new Phase(false, true, 0);
            phase = new Phase(false, false, host.getAsLong() - running.value);
        }
        reasons |= reason;
    }

    @Override
    public void release(int reason) {
        synchronized (this) {
            boolean held = reasons != 0;
            reasons &= ~reason;
            if (!held || reasons != 0) {
                return;
            }
            phase = new Phase(true, false, host.getAsLong() - phase.value);
        }
        devices.goOn();
        lapics.goOn();
    }

    @Override
    public void leaveBehind(Thread stuck) {
        devices.leaveBehind(stuck);
        lapics.leaveBehind(stuck);
    }

    @Override
    public void close() {
        closed = true;
        devices.end();
        lapics.end();
    }

    /** A queue of timers and the thread that fires them, made when the first timer is armed in running time. */
    private final class Ticker implements Runnable {
        private final String name;
        private final TimerQueue queue = new TimerQueue(this::wake);
        private volatile @Nullable Thread thread;
        private volatile boolean stalled;

        Ticker(String name) {
            this.name = name;
        }

        void wake() {
            Thread ticking = thread;
            if (ticking == null && queue.next() != VmTimer.NEVER && phase.running && !closed) {
                ticking = begin();
            }
            LockSupport.unpark(ticking);
        }

        /** The clock goes on. A thread that waits for a deadline wakes a little early then, which does no harm. */
        void goOn() {
            if (stalled || thread == null) {
                wake();
            }
        }

        private synchronized Thread begin() {
            Thread ticking = thread;
            return ticking == null ? fresh() : ticking;
        }

        private Thread fresh() {
            Thread ticking = Thread.ofPlatform().name(name).daemon().unstarted(this);
            thread = ticking;
            ticking.start();
            return ticking;
        }

        synchronized void leaveBehind(Thread stuck) {
            if (thread == stuck && !closed) {
                LOG.warn("{}: the action of a timer does not return; a fresh thread goes on", name);
                fresh();
            }
        }

        void end() {
            Thread ticking = thread;
            if (ticking != null && ticking != Thread.currentThread()) {
                LockSupport.unpark(ticking);
                try {
                    ticking.join(LAST_ACTION);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        @Override
        public void run() {
            while (!closed && thread == Thread.currentThread()) {
                long next = queue.next();
                if (!phase.running) {
                    stall();
                } else if (next == VmTimer.NEVER) {
                    LockSupport.park(this);
                } else {
                    tick(next - nanos());
                }
            }
        }

        /** Sleeps while the clock stands. Stores its word, then looks at the phase; {@link #release} the other way. */
        private void stall() {
            stalled = true;
            if (!phase.running && !closed) {
                LockSupport.park(this);
            }
            stalled = false;
        }

        private void tick(long wait) {
            if (wait > 0) {
                LockSupport.parkNanos(this, wait);
            } else {
                queue.fire(nanos());
            }
        }
    }
}

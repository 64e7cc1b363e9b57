package org.cupule.dev.hpet;

import org.cupule.state.ModelState;

/**
 * The main counter: 64 bits, 10 ns a tick, standing still or running.
 *
 * @threading confined to the device's gate
 */
final class MainCounter {
    static final long NANOS = 10;

    private boolean running;
    /** What it showed at {@link #since}, or shows while it stands still. */
    private long base;
    private long since;

    void reset() {
        running = false;
        base = 0;
        since = 0;
    }

    boolean running() {
        return running;
    }

    long value(long nanos) {
        return running ? base + (nanos - since) / NANOS : base;
    }

    /** {@return when it will have counted so many ticks beyond a value that it had} */
    long when(long value, long ticks) {
        return since + (value - base + ticks) * NANOS;
    }

    void set(long value, long nanos) {
        base = value;
        since = nanos;
    }

    void run(boolean wanted, long nanos) {
        set(value(nanos), nanos);
        running = wanted;
    }

    ModelState.Builder save(ModelState.Builder state) {
        return state.put("running", running).put("base", base).put("since", since);
    }

    void restore(ModelState state) {
        running = state.flag("running");
        base = state.number("base");
        since = state.number("since", 0, Long.MAX_VALUE);
    }
}

package org.cupule.hv.sim;

import org.cupule.hardware.Cpu;
import org.cupule.time.VmTimer;
import org.jspecify.annotations.Nullable;

/**
 * VM time that is a pure function of retired instructions: one nanosecond each. When no vCPU has anything to do, time
 * jumps to the next deadline.
 *
 * @threading reading and arming from any thread; the rest confined to the one thread that runs the vCPUs in turn. Other
 *            threads read the time of the last change of turn
 */
final class InstructionClock implements SimClock {
    private volatile long epochSeconds;
    private final TimerQueue queue;
    private volatile long published;
    private @Nullable Cpu running;
    private volatile @Nullable Thread runner;
    private long origin;

    /**
     * Makes a clock that stands at zero.
     *
     * @param epochSeconds
     *            seconds since the epoch at VM time zero
     * @param earlier
     *            called when the next deadline has come nearer: wakes the vCPUs' thread
     */
    InstructionClock(long epochSeconds, Runnable earlier) {
        this.epochSeconds = epochSeconds;
        this.queue = new TimerQueue(earlier);
    }

    @Override
    public long nanos() {
        Cpu cpu = running;
        return cpu != null && Thread.currentThread() == runner ? origin + cpu.retired() : published;
    }

    @Override
    public long epochSeconds() {
        return epochSeconds;
    }

    @Override
    public void set(long nanos, long epochSeconds) {
        this.epochSeconds = epochSeconds;
        published = nanos;
    }

    @Override
    public VmTimer timer(Runnable action) {
        return queue.timer(action);
    }

    @Override
    public VmTimer lapicTimer(Runnable action) {
        return queue.timer(action);
    }

    /** A vCPU's turn begins: from now on time goes with its retired instructions. */
    void begin(Cpu cpu) {
        runner = Thread.currentThread();
        origin = published - cpu.retired();
        running = cpu;
    }

    /** The turn ends. By the thread that began it, or by who has taken the vCPUs from that one; twice does no harm. */
    void end() {
        Cpu cpu = running;
        if (cpu != null) {
            published = origin + cpu.retired();
            running = null;
        }
    }

    /** {@return how many instructions may be retired before a timer is due, at least 1} */
    long budget() {
        return Math.max(1, queue.next() - nanos());
    }

    /** {@return whether a timer is armed: it is due as soon as no vCPU has anything to do} */
    boolean due() {
        return queue.next() != VmTimer.NEVER;
    }

    /** {@return whether a timer's time has come} */
    boolean expired() {
        return queue.next() <= nanos();
    }

    /** Fires what is due. */
    boolean fire() {
        return queue.fire(nanos());
    }

    /** Between turns: jumps to the next deadline, if there is one, and fires it. @return whether there was one */
    boolean jump() {
        long next = queue.next();
        if (next == VmTimer.NEVER) {
            return false;
        }
        published = Math.max(published, next);
        return fire();
    }

    @Override
    public void hold(int reason) {
        // Time that hangs on instructions stands still by itself when none are executed.
    }

    @Override
    public void release(int reason) {
        // As above.
    }

    @Override
    public void leaveBehind(Thread stuck) {
        // It has no thread: timers fire on the one that runs the vCPUs.
    }

    @Override
    public void close() {
        // There is no thread to end.
    }
}

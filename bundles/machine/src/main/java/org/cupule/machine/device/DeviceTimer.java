package org.cupule.machine.device;

import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;
import org.jspecify.annotations.Nullable;

/**
 * A device's timer. Its deadline belongs to the context: it is recorded while the context is on probation, and comes
 * into force with it.
 *
 * @threading confined to the device's gate, but for what the clock calls
 */
final class DeviceTimer implements VmTimer {
    private final LiveContext context;
    private final String name;
    /** Null after the end of its context: the clock may know the timer longer than the plug-in's classes may live. */
    private @Nullable Runnable action;
    private final VmTimer wire;
    private long deadline = NEVER;
    private volatile boolean due;

    DeviceTimer(LiveContext context, String name, Runnable action, VmClock clock) {
        this.context = context;
        this.name = name;
        this.action = action;
        this.wire = clock.timer(this::fire);
    }

    String name() {
        return name;
    }

    @Override
    public void arm(long deadlineNanos) {
        context.check();
        deadline = deadlineNanos;
        if (context.live()) {
            connect();
        }
    }

    @Override
    public void disarm() {
        context.check();
        cut();
    }

    @Override
    public long deadline() {
        return deadline;
    }

    /** Takes over a deadline without arming anything. */
    void carry(long carried) {
        deadline = carried;
    }

    /** Arms the clock's timer for the recorded deadline. */
    void connect() {
        if (deadline == NEVER) {
            wire.disarm();
        } else {
            wire.arm(deadline);
        }
    }

    /** Disarms whatever the context's phase. */
    void cut() {
        deadline = NEVER;
        due = false;
        wire.disarm();
    }

    /** Ends it; the deadline can still be read by who takes over. */
    void disconnect() {
        wire.disarm();
        action = null;
    }

    private void fire() {
        due = true;
        context.due();
    }

    /** {@return whether the action is to be called now; if so, the timer is unarmed} */
    boolean takeDue(VmClock clock) {
        if (!due) {
            return false;
        }
        due = false;
        // Armed again since the clock called: the clock will call again.
        if (deadline == NEVER || deadline > clock.nanos()) {
            return false;
        }
        deadline = NEVER;
        return true;
    }

    @Nullable
    Runnable action() {
        return action;
    }
}

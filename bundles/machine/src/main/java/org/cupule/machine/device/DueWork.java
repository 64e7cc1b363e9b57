package org.cupule.machine.device;

import org.jspecify.annotations.Nullable;

/**
 * What a device is to be called for beside accesses: timers, input, posted actions, ends of disk operations. Who is
 * inside the gate does it before leaving; else who finds the gate free.
 *
 * @threading any thread; actions run inside the gate
 */
final class DueWork {
    /** A device that is always due again must not keep the thread that serves it. */
    private static final int MOST_IN_A_ROW = 64;

    private final HostedDevice host;
    private volatile boolean due;
    private volatile boolean inputDue;

    DueWork(HostedDevice host) {
        this.host = host;
    }

    /** {@return whether something is to be done} */
    boolean pending() {
        return due;
    }

    /** Something became due; never waits. */
    void signal() {
        due = true;
        runOrPutOff();
    }

    void inputArrived() {
        inputDue = true;
        due = true;
        host.putOff(); // the thread that brings it must not depend on the device
    }

    /** After leaving the gate: looks at what became due meanwhile. */
    void runOrPutOff() {
        if (due && !run()) {
            host.putOff();
        }
    }

    /** Runs what is due, unless somebody is inside. @return false when it must be tried again */
    boolean run() {
        Seat here = host.seat();
        if (!due || here.gate.held()) {
            return true; // who is inside looks again before it leaves
        }
        if (!here.gate.tryEnter()) {
            return false;
        }
        settle(here);
        here.gate.leave();
        return !due;
    }

    /**
     * With no call in the device: passes on what the last call asked for, and runs what is due. Who comes back into a
     * seat that was given up leaves what is due to the present one.
     */
    void settle(Seat here) {
        Instance instance = here.instance;
        if (here != host.seat()) {
            return;
        }
        if (instance == null) {
            due = false;
            return;
        }
        instance.context().flush();
        for (int i = 0; due && i < MOST_IN_A_ROW; i++) {
            due = false;
            actions(here, instance);
        }
    }

    private void actions(Seat here, Instance instance) {
        LiveContext context = instance.context();
        if (inputDue) {
            inputDue = false;
            call(here, instance, context.inputAction(), "input");
        }
        for (int left = context.posts(); left > 0; left--) {
            call(here, instance, context.takePost(), "posted action");
        }
        diskEnds(here, instance);
        for (int timer = 0; timer < context.timers(); timer++) {
            call(here, instance, context.takeDue(timer), "timer");
        }
    }

    private void diskEnds(Seat here, Instance instance) {
        Runnable end = instance.context().takeDiskEnd();
        for (int told = 1; end != null; told++) {
            call(here, instance, end, "end of a disk operation");
            if (told == MOST_IN_A_ROW) {
                due = true;
                return;
            }
            end = instance.context().takeDiskEnd();
        }
    }

    /** Calls the device, inside the gate, and passes on what it asks for. */
    void call(Seat here, Instance instance, @Nullable Runnable action, String what) {
        if (action == null) {
            return;
        }
        try {
            action.run();
            here.failuresInRow = 0;
        } catch (Throwable e) {
            host.supervisor().failed(here, instance, what, e);
        }
        instance.context().flush();
    }
}

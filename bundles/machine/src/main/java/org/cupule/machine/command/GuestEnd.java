package org.cupule.machine.command;

import java.io.PrintStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.cupule.machine.Machine;
import org.cupule.machine.Machine.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * Ends the run of a guest that can never go on. A script cannot help a machine that the hypervisor has stopped, either:
 * a person can, from the shell.
 *
 * @param guest
 *            sees it
 * @param who
 *            in whose name sentences are told
 * @param err
 *            hears of a guest that is silent for long; null where a person sits
 * @param end
 *            is completed when the guest can never go on; when it is complete, nobody looks any more
 * @threading a thread of its own
 */
record GuestEnd(Machine machine, GuestWatch guest, String who, @Nullable PrintStream err,
        CompletableFuture<Outcome> end) {
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final int LOOKS = 8;

    /** Begins to look. */
    void begin() {
        Thread.ofPlatform().daemon().name("watch-" + machine.name()).start(this::run);
    }

    private void run() {
        int looks = 0;
        while (!end.isDone() && !machine.outcome().toCompletableFuture().isDone()) {
            LockSupport.parkNanos(LOOK_NANOS);
            looks = err != null && machine.status().startsWith("paused: ") ? looks + 1 : 0;
            if (looks == LOOKS) {
                end.complete(new Outcome("stopped", RunCommand.HOST_FAILURE,
                        who + ": the machine is " + machine.status()));
            } else if (machine.status().equals("running")) {
                look();
            }
        }
    }

    private void look() {
        long now = System.nanoTime();
        guest.end(now).ifPresent(
                why -> end.complete(new Outcome("never goes on", RunCommand.NEVER_GOES_ON, who + ": " + why)));
        if (err != null) {
            guest.silence(now).ifPresent(what -> err.println(who + ": " + what));
        }
    }
}

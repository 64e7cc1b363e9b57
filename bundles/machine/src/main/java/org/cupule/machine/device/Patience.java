package org.cupule.machine.device;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * Runs calls of plug-ins that may never return, on threads of their own.
 *
 * @threading any thread
 */
final class Patience {
    private Patience() {
    }

    /**
     * Runs a call on a thread of its own, since one that hangs cannot be ended. A platform thread: a hanging virtual
     * one could keep a processor from all the others.
     *
     * @param leftBehind
     *            gets the thread that has not ended
     * @return whether it has ended in time; if not, or when the caller is interrupted, it is left behind
     */
    static boolean run(String name, Duration time, Runnable call, Consumer<Thread> leftBehind) {
        Thread thread = Thread.ofPlatform().daemon().name(name).start(call);
        try {
            if (thread.join(time)) {
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        leftBehind.accept(thread);
        return false;
    }
}

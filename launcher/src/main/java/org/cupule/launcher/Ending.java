package org.cupule.launcher;

import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/**
 * The end of the process by a signal. A start is waited for, since half a platform cannot be stopped in order, and is
 * followed by no command. The command is interrupted and may end in order while the platform still stands; what it says
 * later, with the platform going down under it, is no news to anybody.
 *
 * <pre>
 *   main thread:   start ....... started ----------------> stays here
 *   shutdown hook:       begin --------'-----------------> stderr closed -> platform stops -> folder removed
 *
 *   main thread:   start, command ... interrupted, ends -> stays here
 *   shutdown hook:               begin ------------'-----> stderr closed -> platform stops -> folder removed
 * </pre>
 *
 * @threading the main thread runs the command, the shutdown hook begins the end
 */
final class Ending {
    private static final long PATIENCE_SECONDS = 5;

    private final Thread command = Thread.currentThread();
    private final CountDownLatch started = new CountDownLatch(1);
    private final CountDownLatch returned = new CountDownLatch(1);
    private final PrintStream out;
    private final PrintStream err;
    private volatile boolean begun;

    /** The streams are the process's own, that a command prints to. */
    Ending(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /**
     * Runs a command on what is started for it.
     *
     * @return its status; never, once the end has begun: neither its status nor its failure counts any more
     */
    <T> int run(Supplier<T> start, ToIntFunction<T> command) {
        try {
            return command.applyAsInt(start(start));
        } finally {
            returned.countDown();
            stayIfBegun();
        }
    }

    private <T> T start(Supplier<T> start) {
        try {
            return start.get();
        } finally {
            started.countDown();
            stayIfBegun();
        }
    }

    private void stayIfBegun() {
        if (begun) {
            returned.countDown();
        }
        while (begun) {
            LockSupport.park(this);
            Thread.interrupted(); // else the next park would not wait
        }
    }

    /** Waits for the start, ends the command, or gives up waiting for them; from here on standard error is silent. */
    void begin() {
        begun = true;
        try {
            started.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (returned.getCount() > 0) {
                command.interrupt();
                returned.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            out.flush();
            err.close();
        }
    }
}

package org.cupule.launcher;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;

/**
 * The end of the process by a signal. The command is interrupted and may end in order while the platform still stands;
 * what it says later, with the platform going down under it, is no news to anybody.
 *
 * <pre>
 *   main thread:   command ........ interrupted, ends ---> stays here
 *   shutdown hook:          begin --------------------'--> stderr closed -> platform stops -> folder removed
 * </pre>
 *
 * @threading the main thread runs the command, the shutdown hook begins the end
 */
final class Ending {
    private static final long PATIENCE_SECONDS = 5;

    private final Thread command = Thread.currentThread();
    private final CountDownLatch returned = new CountDownLatch(1);
    private volatile boolean begun;

    /**
     * Runs the command.
     *
     * @return its status; never, once the end has begun: neither its status nor its failure counts any more
     */
    int run(IntSupplier body) {
        try {
            return body.getAsInt();
        } finally {
            returned.countDown();
            stayIfBegun();
        }
    }

    private void stayIfBegun() {
        while (begun) {
            LockSupport.park(this);
            Thread.interrupted(); // else the next park would not wait
        }
    }

    /** Ends the command, or gives up waiting for it; from here on standard error is silent. */
    void begin() {
        begun = true;
        try {
            if (returned.getCount() > 0) {
                command.interrupt();
                returned.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            System.out.flush();
            System.err.close();
        }
    }
}

package org.cupule.machine.pc;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that changes the life of one machine, one thing after the other. Devices post to it; people call it and
 * wait.
 *
 * @threading any thread
 */
final class ControlThread {
    private static final Logger LOG = LoggerFactory.getLogger(ControlThread.class);
    private static final Runnable END = () -> {
    };

    private final LinkedBlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean ended;

    ControlThread(String name) {
        thread = Thread.ofPlatform().daemon().name(name).start(this::run);
    }

    private void run() {
        for (Runnable task = next(); task != END; task = next()) {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                LOG.error("a posted change of a machine failed", e);
            }
        }
    }

    private Runnable next() {
        while (true) {
            try {
                return queue.take();
            } catch (InterruptedException e) {
                LOG.warn("the control thread of a machine was interrupted; it goes on");
            }
        }
    }

    /** Has it done later; returns at once. After the end nothing is done any more. */
    void post(Runnable task) {
        if (!ended) {
            queue.add(task);
        }
    }

    /**
     * Has it done, and waits until it is.
     *
     * @throws HsmException
     *             as the task does; EINVAL after the end; ETIMEDOUT when it is not done in time: it is then done later
     */
    void call(String operation, long seconds, Runnable task) {
        if (Thread.currentThread() == thread) {
            task.run();
            return;
        }
        if (ended) {
            throw new HsmException(Errno.EINVAL, operation, "the machine is closed; create it anew");
        }
        await(operation, seconds, CompletableFuture.runAsync(task, queue::add));
    }

    private static void await(String operation, long seconds, CompletableFuture<Void> done) {
        try {
            done.orTimeout(seconds, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof HsmException failure) {
                throw failure;
            }
            if (e.getCause() instanceof TimeoutException) {
                throw new HsmException(Errno.ETIMEDOUT, operation,
                        "it is not done after " + seconds + " s; the VM does not come to rest", e);
            }
            throw new HsmException(Errno.EIO, operation, "it failed: " + e.getCause(), e);
        }
    }

    /** Ends the thread when it has done what was posted before. */
    void end() {
        ended = true;
        queue.add(END);
    }
}

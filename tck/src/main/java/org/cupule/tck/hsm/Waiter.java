package org.cupule.tck.hsm;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.cupule.hsm.ioreq.DefaultClient;
import org.cupule.types.HsmException;

/** A thread in {@link DefaultClient#attach}. */
final class Waiter {
    private static final long DEADLINE_SECONDS = 60;

    private final CompletableFuture<String> outcome = new CompletableFuture<>();
    private final Thread thread;

    private Waiter(DefaultClient client) {
        thread = new Thread(() -> outcome.complete(attached(client)), "attached");
    }

    /** Attaches on a new thread, and returns when that thread sleeps, or has returned already. */
    static Waiter attach(DefaultClient client) {
        Waiter waiter = new Waiter(client);
        waiter.thread.start();
        Deadline.await("the attached thread sleeps", () -> waiter.thread.getState() == Thread.State.WAITING
                || waiter.thread.getState() == Thread.State.TERMINATED);
        return waiter;
    }

    private static String attached(DefaultClient client) {
        try {
            client.attach();
            return "request";
        } catch (InterruptedException interrupted) {
            return "interrupted";
        } catch (HsmException failure) {
            return failure.errno().name();
        }
    }

    void interrupt() {
        thread.interrupt();
    }

    boolean waiting() {
        return !outcome.isDone();
    }

    /** {@return {@code request}, {@code interrupted} or an error number's name} */
    String outcome() {
        try {
            return outcome.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException failure) {
            throw new AssertionError("the attached thread did not return", failure);
        }
    }
}

package org.cupule.deployer;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.cupule.swap.StuckThread;
import org.jspecify.annotations.Nullable;

/**
 * Calls into the framework that run code of plug-ins, on threads of their own: one that never returns is left behind,
 * and named until it comes back.
 *
 * @threading any thread
 */
final class Patience {
    private static final int STACK_SHOWN = 32;

    private final Queue<Entry> stuck = new ConcurrentLinkedQueue<>();

    private record Entry(String where, Thread thread, Instant since) {
    }

    /** What may throw. */
    interface Call {
        void run() throws Exception;
    }

    /**
     * Calls.
     *
     * @param whenLate
     *            is run on the thread that was left behind, when it comes back after all
     * @return whether it has come back in time
     * @throws Exception
     *             what the call threw in time
     */
    boolean run(String name, Duration time, Call call, Runnable whenLate) throws Exception {
        var failure = new AtomicReference<@Nullable Throwable>();
        var outcome = new AtomicReference<>(Outcome.RUNNING);
        Thread thread = Thread.ofPlatform().daemon().name(name).start(() -> {
            try {
                call.run();
            } catch (Throwable e) {
                failure.set(e);
            }
            if (!outcome.compareAndSet(Outcome.RUNNING, Outcome.BACK)) {
                whenLate.run();
            }
        });
        boolean back = joined(thread, time) || !outcome.compareAndSet(Outcome.RUNNING, Outcome.LATE);
        if (!back) {
            stuck.add(new Entry(name, thread, Instant.now()));
            return false;
        }
        rethrow(failure.get());
        return true;
    }

    private enum Outcome {
        RUNNING, BACK, LATE
    }

    private static boolean joined(Thread thread, Duration time) {
        try {
            return thread.join(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void rethrow(@Nullable Throwable failure) throws Exception {
        switch (failure) {
            case null -> {
                // it came back in order
            }
            case Exception e -> throw e;
            case Throwable e -> throw new IllegalStateException(e.toString(), e);
        }
    }

    /** {@return the threads that were left behind and have not come back} */
    List<StuckThread> stuck() {
        stuck.removeIf(entry -> !entry.thread.isAlive());
        return stuck.stream().map(entry -> new StuckThread(entry.where, entry.thread.getName(), entry.since,
                Stream.of(entry.thread.getStackTrace()).limit(STACK_SHOWN).map(Object::toString).toList())).toList();
    }
}

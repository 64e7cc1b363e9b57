package org.cupule.machine.device;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.cupule.swap.StuckThread;
import org.jspecify.annotations.Nullable;

/**
 * Threads that were left behind in plug-ins, until they end.
 *
 * @threading any thread
 */
public final class StuckThreads {
    private static final int STACK_SHOWN = 32;

    private final Queue<Entry> entries = new ConcurrentLinkedQueue<>();

    private record Entry(String where, Thread thread, Instant since) {
    }

    /** A thread is left behind. */
    public void add(String where, Thread thread) {
        entries.removeIf(entry -> !entry.thread.isAlive());
        entries.add(new Entry(where, thread, Instant.now()));
    }

    /** {@return those that are still alive} */
    public List<StuckThread> list() {
        entries.removeIf(entry -> !entry.thread.isAlive());
        return entries.stream().map(entry -> new StuckThread(entry.where, entry.thread.getName(), entry.since,
                Stream.of(entry.thread.getStackTrace()).limit(STACK_SHOWN).map(Object::toString).toList())).toList();
    }

    /**
     * Asks a plug-in for something, on a thread of its own.
     *
     * @return what it answered; null when it has not in time
     * @throws RuntimeException
     *             what it threw
     */
    public <T> @Nullable T ask(String name, Duration time, Supplier<T> question) {
        var answer = new AtomicReference<@Nullable T>();
        var failure = new AtomicReference<@Nullable Throwable>();
        Patience.run(name, time, () -> {
            try {
                answer.set(question.get());
            } catch (Throwable e) {
                failure.set(e);
            }
        }, thread -> add(name, thread));
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new IllegalStateException(thrown.toString(), thrown);
        }
        return answer.get();
    }
}

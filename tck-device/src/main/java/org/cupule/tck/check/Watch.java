package org.cupule.tck.check;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks on a thread of its own, and knows where that thread is. A thread that never comes back is left behind: Java
 * cannot end it; it is a daemon.
 *
 * @threading confined to its maker
 */
public final class Watch {
    private static final long NAP_NANOS = 500_000;
    private static final int FRAMES = 6;

    private final Thread thread;
    private volatile @Nullable Verdict verdict;

    /** Begins to look. */
    public Watch(String name, Callable<Verdict> body) {
        thread = Thread.ofPlatform().daemon().name("tck-" + name).unstarted(() -> verdict = outcome(body));
        thread.start();
    }

    private static Verdict outcome(Callable<Verdict> body) {
        try {
            return body.call();
        } catch (Throwable failure) { // a device may throw anything
            return Verdict.fail("it threw %s at %s", failure, place(Stream.of(failure.getStackTrace())));
        }
    }

    /** Waits for the end. @param late asked now and then; true gives up what is looked at */
    public Verdict await(Duration longest, BooleanSupplier late) {
        long end = System.nanoTime() + longest.toNanos();
        while (thread.isAlive() && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(this, NAP_NANOS);
            if (late.getAsBoolean()) {
                break;
            }
        }
        Verdict found = verdict;
        return found != null
                ? found
                : Verdict.fail("it did not come back: its thread is at %s",
                        place(Stream.of(thread.getStackTrace())));
    }

    private static String place(Stream<StackTraceElement> frames) {
        return frames.limit(FRAMES).map(StackTraceElement::toString).collect(Collectors.joining(" < "));
    }
}

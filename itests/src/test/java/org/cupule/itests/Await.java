package org.cupule.itests;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Waits for the thing itself, with a deadline.
 *
 * @threading any thread
 */
final class Await {
    private static final long LOOK_AGAIN_NANOS = 2_000_000;

    private Await() {
    }

    /** Waits until a condition holds. The words say what did not come, when it does not. */
    static void until(BooleanSupplier condition, Duration patience, Supplier<String> words) {
        long end = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("waited %d s in vain for %s".formatted(patience.toSeconds(), words.get()));
            }
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
    }
}

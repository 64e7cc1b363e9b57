package org.cupule.rig.guest;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what others do, with a deadline. */
public final class Soon {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long STEP_NANOS = 2_000_000;

    private Soon() {
    }

    /** Returns when it is so. */
    public static void until(BooleanSupplier so) {
        until(so, PATIENCE);
    }

    /** Returns when it is so, but not after that long. */
    public static void until(BooleanSupplier so, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!so.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + patience);
            }
            LockSupport.parkNanos(STEP_NANOS);
        }
    }
}

package org.cupule.tck.host;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waiting for a thing. */
public final class Soon {
    private static final long SECONDS = 60;

    private Soon() {
    }

    /** Waits until a condition holds. */
    public static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within " + SECONDS + " s: " + what);
            }
            Thread.yield();
        }
    }
}

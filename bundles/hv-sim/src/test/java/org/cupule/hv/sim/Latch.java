package org.cupule.hv.sim;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits for a latch with a deadline. */
final class Latch {
    private Latch() {
    }

    static void await(CountDownLatch latch) {
        try {
            if (!latch.await(Rig.DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("nobody opened the latch");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}

package org.cupule.tck.hsm;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Holds handlers until the test opens it. */
final class Gate {
    private static final long DEADLINE_SECONDS = 60;

    private final CountDownLatch opened = new CountDownLatch(1);
    private final AtomicInteger inside = new AtomicInteger();

    /** Waits until the gate is open. @return the value */
    long pass(long value) {
        inside.incrementAndGet();
        try {
            if (!opened.await(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the gate was never opened");
            }
        } catch (InterruptedException interrupted) {
            throw new AssertionError("interrupted at the gate", interrupted);
        } finally {
            inside.decrementAndGet();
        }
        return value;
    }

    /** Waits until so many are held. */
    void awaitInside(int count) {
        Deadline.await(count + " handlers are inside", () -> inside.get() == count);
    }

    void open() {
        opened.countDown();
    }
}

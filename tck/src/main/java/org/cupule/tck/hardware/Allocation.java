package org.cupule.tck.hardware;

import java.lang.management.ManagementFactory;

/**
 * Counts what the present thread allocates.
 *
 * @threading any thread
 */
final class Allocation {
    private static final com.sun.management.ThreadMXBean THREADS = (com.sun.management.ThreadMXBean) ManagementFactory
            .getThreadMXBean();

    private Allocation() {
    }

    /** {@return the bytes that an action allocates when it is not new any more: classes loaded, call sites linked} */
    static long bytes(Runnable action) {
        measure(action);
        measure(action);
        return measure(action);
    }

    private static long measure(Runnable action) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        action.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}

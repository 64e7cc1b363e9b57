package org.cupule.benchmarks;

import java.util.function.LongSupplier;

/**
 * A DS component with a dynamic, greedy reference: what a rebind of DS alone costs. It is the only class of the bundle
 * that {@link Rebind} makes.
 *
 * @threading confined to one thread
 */
public final class Rebound {
    private volatile LongSupplier supplier = () -> 0;

    /** A better service is there. */
    public void bind(LongSupplier better) {
        supplier = better;
    }

    /** A service goes. */
    public void unbind(LongSupplier gone) {
        supplier = supplier == gone ? () -> 0 : supplier;
    }
}

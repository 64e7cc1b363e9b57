package org.cupule.hv.sim;

import org.cupule.hardware.HardwareFactory;
import org.cupule.state.ModelState;
import org.cupule.state.Stateful;
import org.jspecify.annotations.Nullable;

/**
 * One place of a partition where a hardware model sits: {@code ept}, {@code cpu0}, {@code lapic1}, {@code ioapic},
 * {@code pic}.
 *
 * @threading written by who holds the partition's life lock while the vCPUs stand still; read by any thread
 */
final class Fitted<F extends HardwareFactory, M extends Stateful> {
    final String place;
    private volatile Offered<F> offer;
    private volatile M model;
    private volatile @Nullable ModelState parked;

    Fitted(String place, Offered<F> offer, M model) {
        this.place = place;
        this.offer = offer;
        this.model = model;
    }

    Offered<F> offer() {
        return offer;
    }

    M model() {
        return model;
    }

    /** {@return the state saved when the factory went away, or null} */
    @Nullable
    ModelState parked() {
        return parked;
    }

    void park(ModelState state) {
        parked = state;
    }

    void fit(Offered<F> offer, M model) {
        this.offer = offer;
        this.model = model;
        this.parked = null;
    }
}

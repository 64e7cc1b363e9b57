package org.cupule.hv.sim;

import java.util.function.Consumer;
import org.cupule.hardware.HardwareFactory;
import org.cupule.state.ModelState;
import org.cupule.state.Stateful;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * One place of a partition where a hardware model sits: {@code ept}, {@code cpu0}, {@code lapic1}, {@code ioapic},
 * {@code pic}. The hot path reads {@link #model()}; a swap or a park changes it while the vCPUs stand still.
 *
 * @threading written by who holds the partition's life lock while the vCPUs stand still; read by any thread
 */
final class Fitted<F extends HardwareFactory, M extends Stateful> {
    /**
     * Makes a model for this place.
     *
     * @threading any thread
     */
    @FunctionalInterface
    interface Maker<F extends HardwareFactory, M> {
        /** Makes a model whose context has an effect only while the stage is live. */
        M make(F factory, Stage stage);
    }

    /**
     * Compares a model with the one that is to take its place.
     *
     * @threading the vCPUs stand still
     */
    @FunctionalInterface
    interface Comparison<M> {
        /** {@return what is not the same in both, or null} */
        @Nullable
        String difference(M old, M fresh);
    }

    final String place;
    final Shelf<F> shelf;
    private final Maker<F, M> maker;
    private final Comparison<M> comparison;
    private final Consumer<Runnable> guard;
    private final Runnable changed;
    private volatile Offered<F> offer;
    private volatile @Nullable M model;
    private volatile @Nullable ModelState parked;
    private Stage stage;

    /**
     * Makes a place. The first model in it is made when it is first asked for: small ones at once, CPUs at the start.
     *
     * @param place
     *            its name in the partition
     * @param shelf
     *            where models of its kind come from
     * @param offer
     *            the first model's
     * @param maker
     *            makes models for it
     * @param comparison
     *            what must hold after a swap
     * @param guard
     *            runs an action while nobody else is inside the model
     * @param changed
     *            called after another model has come into use, with the vCPUs standing still
     */
    Fitted(String place, Shelf<F> shelf, Offered<F> offer, Maker<F, M> maker, Comparison<M> comparison,
            Consumer<Runnable> guard, Runnable changed) {
        this.place = place;
        this.shelf = shelf;
        this.maker = maker;
        this.comparison = comparison;
        this.guard = guard;
        this.changed = changed;
        this.offer = offer;
        this.stage = new Stage();
    }

    Offered<F> offer() {
        return offer;
    }

    M model() {
        M present = model;
        return present != null ? present : first();
    }

    /** {@return whether the first model has been made} */
    boolean made() {
        return model != null;
    }

    private synchronized M first() {
        M present = model;
        if (present == null) {
            present = make(offer, stage);
            model = present;
            stage.enter();
        }
        return present;
    }

    /** {@return the state saved when the factory went away, or null while there is a model in use} */
    @Nullable
    ModelState parked() {
        return parked;
    }

    /**
     * {@return a model that is not in use yet}
     *
     * @throws HsmException
     *             EIO when the factory fails
     */
    M make(Offered<F> wanted, Stage waiting) {
        try {
            return maker.make(wanted.factory(), waiting);
        } catch (RuntimeException | Error e) {
            throw new HsmException(Errno.EIO, "make " + place, wanted + " could not make an instance: " + e, e);
        }
    }

    /** {@return what does not hold, or null; a parked model is not asked any more} */
    @Nullable
    String difference(M fresh) {
        return parked == null ? comparison.difference(model(), fresh) : null;
    }

    /** Runs an action while nobody else is inside the model. */
    void guarded(Runnable action) {
        guard.accept(action);
    }

    /** The model's factory went away: from now on only its state is kept. */
    void park(ModelState state) {
        parked = state;
        stage.leave();
    }

    /** Another model comes into use. */
    void fit(Offered<F> wanted, M fresh, Stage waiting) {
        stage.leave();
        offer = wanted;
        model = fresh;
        parked = null;
        stage = waiting;
        waiting.enter();
        changed.run();
    }
}

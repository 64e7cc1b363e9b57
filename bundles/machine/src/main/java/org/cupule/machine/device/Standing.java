package org.cupule.machine.device;

import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
import org.jspecify.annotations.Nullable;

/**
 * How a device stands: which model it has or had, and what is kept of it while none sits in its seat.
 *
 * <pre>
 *              parked           kept            failing
 *   running    null             null            null
 *   parked     its state        null            null       accesses wait for the grace time, then float
 *   quarant.   null             its state, or   the model  accesses float
 *                               null if lost               (null when its plug-in is gone)
 * </pre>
 *
 * @threading changed by who holds the closed gate, or took the seat away; read anywhere
 */
final class Standing {
    private final String name;
    volatile ModelInfo model;
    volatile long bundle;
    volatile String status = "running";
    /** While parked: the host time, by System.nanoTime, from which accesses float. */
    volatile long floatsFrom;
    volatile @Nullable Parked parked;
    /** In quarantine: what the failing model could still save. */
    volatile @Nullable Parked kept;
    /** In quarantine: the model that failed. A reset of the machine tries it again. */
    volatile @Nullable DeviceOffer failing;
    volatile boolean resetOnReturn;
    /** How far its guest is in letting go of it; empty while nobody wants that. */
    volatile String leaving = "";

    Standing(String name, DeviceOffer offer) {
        this.name = name;
        this.model = offer.info();
        this.bundle = offer.bundle();
    }

    /** {@return what people are told} */
    String told() {
        return leaving.isEmpty() ? status : leaving;
    }

    /** A model has taken the seat. */
    void occupied(DeviceOffer offer) {
        parked = null;
        kept = null;
        failing = null;
        model = offer.info();
        bundle = offer.bundle();
        status = "running";
    }

    /** The seat is empty now, with nothing kept. */
    void vacated(String why) {
        parked = null;
        kept = null;
        failing = null;
        status = why;
    }

    /** {@return what is kept of the device while nothing sits in its seat} */
    Parked state() {
        Parked present = parked;
        Parked state = present == null ? kept : present;
        if (state == null) {
            throw new HsmException(Errno.ENODEV, "swap", "the device '" + name + "' is " + status
                    + " and has no state that could be moved; unplug and plug it");
        }
        return state;
    }

    /** {@return whether a model could take over what is parked here} */
    boolean couldBe(DeviceOffer offer) {
        Parked state = parked;
        return state != null && offer.info().kind().equals(model.kind()) && state.stateFor(offer.schema()).isPresent();
    }
}

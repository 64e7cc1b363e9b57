package org.cupule.machine.device;

import java.time.Instant;

/**
 * A step of a device on its way into a machine, or out of it. Each is sent to the framework's event admin, if there is
 * one, under {@code org/cupule/device/STATE}, with the components of this record as properties; and to the flight
 * recorder.
 *
 * @param target
 *            which one, as a target of swaps: {@code vm1.card}
 * @param model
 *            its model: {@code name@version}
 * @param state
 *            the new state
 * @param detail
 *            a sentence for people
 * @param at
 *            when
 * @threading immutable
 */
public record DeviceEvent(String target, String model, State state, String detail, Instant at) {
    /** What the topics of event admin begin with. */
    public static final String TOPIC = "org/cupule/device/";

    /**
     * Where a device is.
     *
     * <pre>
     *   in:   INSERTED
     *   out:  REQUESTED --the guest has let go of it, or is reset--> EJECTING --> GONE
     *             |--time-out--> TIMED_OUT --after all--> EJECTING       '--> STAYS
     *             |                  |
     *             '-- the guest refuses --> REFUSED --after all--> EJECTING
     *         EJECTING    (the guest lets go of what it was not asked for)
     *         PULLED      (by force, by a fault, or because no guest listens) --> GONE, or INSERTED when the fault ends
     * </pre>
     *
     * @threading immutable
     */
    public enum State {
        /** It is there; a guest that listens was told so. */
        INSERTED,
        /** The guest was asked to let go of it. */
        REQUESTED,
        /** The guest has not let go of it in time, and nobody waits any more; the request stands. */
        TIMED_OUT,
        /** The guest has said that it does not let go of it; the request has ended. */
        REFUSED,
        /** The guest has let go of it. */
        EJECTING,
        /** Taken away, or hidden by a fault, without asking; a guest that listens was told so. */
        PULLED,
        /** Nothing of it is left in the machine. */
        GONE,
        /** The guest has let go of it, but it could not be taken away. */
        STAYS
    }
}

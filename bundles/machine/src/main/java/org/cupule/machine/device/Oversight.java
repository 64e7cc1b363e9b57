package org.cupule.machine.device;

import java.util.function.Supplier;

/**
 * Who looks after the devices of machines: has the policy, and is told what went wrong.
 *
 * @threading any thread; the calls return soon
 */
@FunctionalInterface
public interface Oversight extends Supplier<Policy> {
    /**
     * A device is in quarantine; what could be kept of its state is kept.
     *
     * @param target
     *            its name as a target of swaps
     */
    default void quarantined(String target) {
        // nobody can help it here
    }

    /**
     * A thread is inside a plug-in, and nobody waits for it any more.
     *
     * @param where
     *            what it was to do: the device's name as a target, and the call
     */
    default void leftBehind(String where, Thread thread) {
        // nobody wants to know here
    }

    /** A device has come to another state on its way in or out. */
    default void changed(DeviceEvent event) {
        // nobody wants to know here
    }
}

package org.cupule.device;

import org.cupule.state.Stateful;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One emulated device. A device also implements {@link PortIo}, {@link Mmio} or both, as its {@link DeviceSpec} says.
 *
 * <p>
 * <b>The rules.</b> A device is single-threaded by contract: all calls (accesses, timers, input of back-ends, reset,
 * save, restore) enter through its gate, one at a time. It returns values; it never waits, never starts a thread, takes
 * all time from {@link DeviceContext#clock()}, and may make any call of its context at any place: none of them comes
 * back into the device before the present call has ended. An exception is answered to the guest with all ones, logged
 * and counted; after repeated failure the device is quarantined.
 *
 * @threading confined to the device's gate
 */
@ConsumerType
public interface Device extends Stateful {
    /** Sets the power-on state. Lines are low and timers disarmed already. */
    void reset();

    /** Lets go of what the device holds; nothing is called afterwards. */
    default void close() {
    }
}

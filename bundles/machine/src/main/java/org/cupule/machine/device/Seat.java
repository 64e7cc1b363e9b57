package org.cupule.machine.device;

import java.util.concurrent.atomic.AtomicBoolean;
import org.cupule.machine.gate.DeviceGate;
import org.jspecify.annotations.Nullable;

/**
 * A gate and what is behind it. A device whose gate is never left again gets a new seat; the old one keeps what the
 * stuck call still sees.
 *
 * @threading the fields are guarded by the gate
 */
final class Seat {
    final DeviceGate gate = new DeviceGate();
    /** Set by who takes the device to another seat: only one may. */
    final AtomicBoolean left = new AtomicBoolean();
    /** Null when nobody sits here. Volatile, for those who only want to look. */
    volatile @Nullable Instance instance;
    Windows windows = Windows.NONE;
    /** Calls that failed since the last one that did not. */
    int failuresInRow;
}

package org.cupule.machine.device;

import org.cupule.device.Device;
import org.cupule.device.Mmio;
import org.cupule.device.PortIo;
import org.jspecify.annotations.Nullable;

/**
 * A device object with its context, and its views for the two kinds of access.
 *
 * @param offer
 *            the model it was made of
 * @param device
 *            the device
 * @param ports
 *            the device, when it takes port accesses
 * @param memory
 *            the device, when it takes memory accesses
 * @param context
 *            its own generation of the context
 * @threading the record is immutable; the device is confined to its gate
 */
record Instance(DeviceOffer offer, Device device, @Nullable PortIo ports, @Nullable Mmio memory, LiveContext context) {
    static Instance of(DeviceOffer offer, Device device, LiveContext context) {
        return new Instance(offer, device, device instanceof PortIo ports ? ports : null,
                device instanceof Mmio memory ? memory : null, context);
    }
}

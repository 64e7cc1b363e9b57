package org.cupule.virtio;

import org.cupule.device.DeviceContext;

/**
 * What a model reaches of its transport.
 *
 * @threading confined to the device's gate
 */
public interface VirtioPort {
    /** {@return what the device reaches outside itself} */
    DeviceContext context();

    /** {@return a queue} */
    Virtqueue queue(int index);

    /** {@return whether the driver accepted a feature, by its bit} */
    boolean negotiated(int feature);

    /** {@return whether the driver is ready and nothing is broken: only then may queues be used} */
    boolean running();

    /** {@return how often the device was reset: what was begun before a reset must not end after it} */
    long generation();

    /** The device cannot go on: it asks the driver for a reset (DEVICE_NEEDS_RESET) and uses no queue until then. */
    void fail(String reason);

    /** The configuration changed: tells the driver. */
    void configChanged();
}

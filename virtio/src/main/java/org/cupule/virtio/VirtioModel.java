package org.cupule.virtio;

import org.cupule.state.ModelState;

/**
 * What makes a virtio device a disk, a console or another: its features, its configuration and what it does with the
 * buffers of its queues.
 *
 * @threading confined to the device's gate
 */
public interface VirtioModel {
    /** {@return the feature bits of this kind of device: 0 to 23, and 50 up} */
    long features();

    /** {@return its configuration as the driver reads it now, little-endian; bytes behind it read 0} */
    byte[] config();

    /**
     * The driver writes the configuration.
     *
     * @param offset
     *            of the first byte
     * @param size
     *            1, 2, 4 or 8
     */
    default void configWritten(int offset, int size, long value) {
    }

    /** The driver may have made buffers available in a queue, and is running. */
    void notified(int queue);

    /** The device is in use again with a restored state: what it had begun is begun anew. */
    default void resumed() {
    }

    /** Forgets everything: the driver reset the device, or the machine did. The queues are empty already. */
    void reset();

    /** Adds its own fields to a state. */
    void save(ModelState.Builder state);

    /**
     * Takes its own fields from a state.
     *
     * @throws org.cupule.state.StateException
     *             when they cannot be
     */
    void restore(ModelState state);
}

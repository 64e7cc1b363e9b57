package org.cupule.pci;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A device of the host in the hands of one guest. All calls enter through its gate, one at a time. An exception is
 * answered to the guest with all ones, logged and counted; after repeated failure the device is unplugged.
 *
 * @threading confined to the device's gate
 */
@ConsumerType
public interface HostDeviceModel extends AutoCloseable {
    /**
     * Reads.
     *
     * @param region
     *            index of the base address register, or of the range of a memory device
     * @param offset
     *            in the region
     * @param size
     *            1, 2, 4 or 8
     * @return the value, of which the low {@code size} bytes count
     */
    long read(int region, long offset, int size);

    /** Writes; the arguments as for {@link #read}, the value zero-extended. */
    void write(int region, long offset, int size, long value);

    /** Sets the power-on state. Its line is low already. */
    void reset();

    /** The guest has it no more; nothing is called afterwards. */
    @Override
    default void close() {
    }
}

package org.cupule.device;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A device with I/O ports.
 *
 * @threading confined to the device's gate
 */
@ConsumerType
public interface PortIo {
    /**
     * Reads.
     *
     * @param window
     *            index of the window in the device's spec; for a PCI device the index of the base address register
     * @param offset
     *            from the window's first port; the whole access lies in the window
     * @param size
     *            1, 2 or 4 bytes, not necessarily aligned
     * @return the value: its bits above {@code size} bytes are zeros, or those of a sign, as of -1. Only the low bytes
     *         reach the guest; a wider value counts as a failed call
     */
    int readPort(int window, int offset, int size);

    /** Writes a zero-extended value. */
    void writePort(int window, int offset, int size, int value);
}

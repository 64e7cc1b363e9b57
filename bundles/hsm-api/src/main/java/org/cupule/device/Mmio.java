package org.cupule.device;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A device with registers in guest physical memory.
 *
 * @threading confined to the device's gate
 */
@ConsumerType
public interface Mmio {
    /**
     * Reads.
     *
     * @param window
     *            index of the window in the device's spec; for a PCI device the index of the base address register
     * @param offset
     *            from the window's first byte; the whole access lies in the window
     * @param size
     *            1, 2, 4 or 8 bytes, not necessarily aligned
     * @return the value: its bits above {@code size} bytes are zeros, or those of a sign, as of -1. Only the low bytes
     *         reach the guest; a wider value counts as a failed call
     */
    long readMmio(int window, long offset, int size);

    /** Writes a zero-extended value. */
    void writeMmio(int window, long offset, int size, long value);
}

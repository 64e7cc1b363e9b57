package org.cupule.device;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A PCI device that itself answers for a capability whose spec is {@code live}.
 *
 * @threading confined to the device's gate
 */
@ConsumerType
public interface PciRegisters {
    /**
     * Reads.
     *
     * @param capability
     *            index in the list of the function's spec
     * @param offset
     *            from the capability's first byte: 4 or more
     * @param size
     *            1, 2 or 4, not crossing a 4-byte boundary
     * @return the value; only the low {@code size} bytes count
     */
    int readCapability(int capability, int offset, int size);

    /** Writes a zero-extended value. */
    void writeCapability(int capability, int offset, int size, int value);
}

package org.cupule.pci;

import org.cupule.types.Bdf;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a bus tells its owner. What one write changes is told in this order: all {@link #unmapped}, all {@link #mapped},
 * {@link #intx}, all {@link #message}; what two writes to one function change is told in the order of the writes, and a
 * write returns when all of it was told.
 *
 * @threading the caller of the bus
 */
@ConsumerType
public interface PciBusContext {
    /** A base address register decodes this range from now on. */
    void mapped(Bdf address, int bar, IoRange range);

    /** A base address register no longer decodes this range. */
    void unmapped(Bdf address, int bar, IoRange range);

    /**
     * The level of a function's INTx pin changed, not because its device said so: a write to its configuration space, a
     * reset, or the function left the bus.
     *
     * @param pin
     *            1 to 4 for INTA# to INTD#
     */
    void intx(Bdf address, int pin, boolean high);

    /**
     * A message is to be sent that its device asked for while the guest had masked the vector ("pending"): the guest
     * has unmasked it.
     */
    default void message(Bdf address, Msi message) {
    }

    /**
     * The guest reads a capability that is {@link PciFunctionSpec.Capability#live}.
     *
     * @param capability
     *            index in the spec's list
     * @param offset
     *            from the capability's first byte: 4 or more
     * @param size
     *            1, 2 or 4
     * @return the value, of which the low {@code size} bytes count
     */
    default int readCapability(Bdf address, int capability, int offset, int size) {
        return 0;
    }

    /** The guest writes a live capability; the arguments as for {@link #readCapability}. */
    default void writeCapability(Bdf address, int capability, int offset, int size, int value) {
    }
}

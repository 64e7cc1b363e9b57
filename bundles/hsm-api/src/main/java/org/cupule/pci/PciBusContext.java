package org.cupule.pci;

import org.cupule.types.Bdf;
import org.cupule.types.IoRange;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a bus tells its owner.
 *
 * @threading the caller of the bus
 */
@ConsumerType
public interface PciBusContext {
    /** A base address register decodes this range from now on. */
    void mapped(Bdf address, int bar, IoRange range);

    /** A base address register no longer decodes this range. */
    void unmapped(Bdf address, int bar, IoRange range);

    /** The level of a function's INTx pin changed because of a write to its configuration space. */
    void intx(Bdf address, int pin, boolean high);
}

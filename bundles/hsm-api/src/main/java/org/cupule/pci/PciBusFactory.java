package org.cupule.pci;

import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Makes PCI buses: an OSGi service.
 *
 * @threading any thread
 */
@ConsumerType
public interface PciBusFactory {
    /** {@return what the buses are; kind {@code pci-bus}} */
    ModelInfo info();

    /** {@return what state they read and write} */
    StateSchema schema();

    /** {@return a new bus with nothing on it but its host bridge} */
    PciBus create(PciBusContext context);
}

package org.cupule.pci;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Devices of the host that a hypervisor may hand to its guests: an OSGi service. On a simulated hypervisor these are
 * the "physical" devices, so whoever has a model of a device can have guests drive it by passthrough. The lists do not
 * change while the service is registered.
 *
 * <p>
 * When the service goes away while a guest has one of its devices, the device is unplugged: reads give all ones, its
 * line is low.
 *
 * @threading any thread
 */
@ConsumerType
public interface HostDeviceProvider {
    /** {@return its PCI functions} Addresses that another provider has already are left out, and logged. */
    default List<HostPciDevice> pciDevices() {
        return List.of();
    }

    /** {@return its devices that are memory only} */
    default List<HostMmioDevice> mmioDevices() {
        return List.of();
    }
}

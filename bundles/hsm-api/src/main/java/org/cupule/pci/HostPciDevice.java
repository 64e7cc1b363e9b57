package org.cupule.pci;

import org.cupule.types.Bdf;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One PCI function of the host.
 *
 * @threading any thread
 */
@ConsumerType
public interface HostPciDevice {
    /** {@return its address in the host} */
    Bdf address();

    /** {@return what it shows in configuration space; a bridge (class 06) cannot be assigned} */
    PciFunctionSpec spec();

    /** {@return the host's GSI of its INTx line, 0 to 255; -1 when it has none} */
    int pin();

    /**
     * A guest gets the function.
     *
     * @param context
     *            what the function reaches outside itself
     * @return the function in its power-on state, for this guest alone
     */
    HostDeviceModel attach(HostDeviceContext context);
}

package org.cupule.pci;

import java.util.List;
import org.cupule.types.IoRange;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One device of the host that is memory only.
 *
 * @threading any thread
 */
@ConsumerType
public interface HostMmioDevice {
    /** {@return its name} */
    String name();

    /** {@return its places in the host's physical memory, whole pages; their index is the model's region} */
    List<IoRange> ranges();

    /**
     * A guest gets the device, or a first part of it.
     *
     * @param context
     *            what the device reaches outside itself; it has neither line nor messages
     * @return the device in its power-on state, for this guest alone
     */
    HostDeviceModel attach(HostDeviceContext context);
}

package org.cupule.hypervisor;

import java.util.List;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A hypervisor: what the HSM asks for partitions. An OSGi service; several may be present at once.
 *
 * @threading any thread
 */
@ConsumerType
public interface Hypervisor {
    /** {@return what it is and what it can do} */
    HypervisorInfo info();

    /**
     * Creates a partition in state CREATED, with its vCPUs in their power-on state.
     *
     * @param creation
     *            what is wanted
     * @param upcall
     *            the way back: called from now on
     * @return the partition
     * @throws HsmException
     *             the hypervisor's own error number: EPERM (its generic failure), EINVAL, ENOTTY (no free slot), ENODEV
     *             (a hardware component is missing; the sentence names it)
     */
    Partition create(PartitionCreation creation, Upcall upcall);

    /** {@return the devices of the host that can be assigned to partitions, by address} */
    default List<HostDevice> hostDevices() {
        return List.of();
    }

    /**
     * {@return idle and performance states of the processors}
     *
     * @throws HsmException
     *             EOPNOTSUPP without {@code POWER_QUERIES}
     */
    default ProcessorPower power() {
        throw new HsmException(Errno.EOPNOTSUPP, "power", "hypervisor '" + info().name()
                + "' tells nothing of C-states and P-states: choose another hypervisor");
    }

    /**
     * {@return the processors of the host side}
     *
     * @throws HsmException
     *             EOPNOTSUPP without {@code SERVICE_CPUS}
     */
    default ServiceCpus serviceCpus() {
        throw new HsmException(Errno.EOPNOTSUPP, "service cpus", "hypervisor '" + info().name()
                + "' can take no processor away from the host: choose another hypervisor");
    }
}

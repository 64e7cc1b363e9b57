package org.cupule.hypervisor;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
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

    /**
     * Creates a partition together with its I/O request page, whose slots are FREE afterwards: instead of
     * {@link #create(PartitionCreation, Upcall)} and {@link Partition#setIoRequestPage} where {@code PAGE_AT_CREATION}
     * is declared.
     *
     * @param page
     *            4096 bytes of native memory, page-aligned, that stay there until the partition is destroyed
     * @throws HsmException
     *             as {@link #create(PartitionCreation, Upcall)}; EOPNOTSUPP without {@code PAGE_AT_CREATION}
     */
    default Partition createWithPage(PartitionCreation creation, Upcall upcall, MemorySegment page) {
        throw new HsmException(Errno.EOPNOTSUPP, "create",
                "hypervisor '" + info().name() + "' takes the I/O request page after the creation");
    }

    /**
     * {@return the kinds of hardware that a partition is composed of, and the models of each that are there now, the
     * preferred one first; a kind without a model is one that is missing. Empty for a hypervisor that is not composed}
     */
    default Map<String, List<ModelInfo>> hardware() {
        return Map.of();
    }

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

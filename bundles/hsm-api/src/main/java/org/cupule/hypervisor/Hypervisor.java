package org.cupule.hypervisor;

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
     * @throws org.cupule.types.HsmException
     *             the hypervisor's own error number: EPERM (its generic failure), EINVAL, ENOTTY (no free slot), ENODEV
     *             (a hardware component is missing; the sentence names it)
     */
    Partition create(PartitionCreation creation, Upcall upcall);
}

package org.cupule.hypervisor;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The way back from a partition to the HSM.
 *
 * @threading any thread
 */
@ProviderType
public interface Upcall {
    /**
     * A vCPU's slot has become PENDING (raw) or PROCESSING (claimed).
     *
     * <p>
     * In direct mode the vCPU's own thread calls, and the request may be COMPLETE on return; if it is not, the vCPU
     * waits for {@link Partition#finish}. In queued mode the call returns at once.
     */
    void request(int vcpu);

    /** Something happened that people or the machine should know. Must return at once. */
    void event(PartitionEvent event);
}

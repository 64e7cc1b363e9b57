package org.cupule.tck.hsm;

import java.util.List;
import org.cupule.hypervisor.Hypervisor;

/**
 * The hypervisor below the HSM, as a test plays and watches it. What it cannot show aborts the test, with the reason.
 *
 * @threading any thread
 */
public interface HypervisorBelow {
    /** {@return what the HSM is given} */
    Hypervisor offered();

    /** {@return the VMs, oldest first, those that are gone too} */
    List<? extends PartitionBelow> partitions();

    /** {@return the newest VM} */
    default PartitionBelow partition() {
        return partitions().getLast();
    }

    /** Lets the creation of VMs fail from now on. */
    void failCreate(RuntimeException failure);

    /** Lets the registration of the page fail for VMs made from now on. */
    void failPage(RuntimeException failure);

    /** Gives VMs this many vCPUs, whatever is wanted; as many as are wanted when that is not positive. */
    void forceVcpus(int vcpus);

    /** Gives the next VM this id. */
    void forceVmid(int vmid);
}

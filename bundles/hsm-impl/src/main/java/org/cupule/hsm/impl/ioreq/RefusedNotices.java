package org.cupule.hsm.impl.ioreq;

import java.util.concurrent.atomic.AtomicBoolean;
import org.cupule.hypervisor.Partition;
import org.slf4j.Logger;

/**
 * Tells that a hypervisor refused to hear that a request is answered ({@code hsm.md} 7.8). Of a VM that is there this
 * is told once, as a warning: its vCPU is never woken, and the guest seems to hang for no reason. All others are told
 * at level DEBUG, and so is what a VM refuses that was powered off between answer and notice: nobody waits any more.
 *
 * @threading any thread
 */
final class RefusedNotices {
    private final Partition partition;
    private final Logger log;
    private final AtomicBoolean told = new AtomicBoolean();

    /** Makes it for one VM. */
    RefusedNotices(Partition partition, Logger log) {
        this.partition = partition;
        this.log = log;
    }

    /** A notice about this vCPU failed. */
    void tell(int vcpu, RuntimeException failure) {
        if (partition.state() != Partition.State.POWERED_OFF && told.compareAndSet(false, true)) {
            log.warn("VM{}: the hypervisor refused to hear that a request of vCPU {} is answered ({}): that vCPU waits "
                    + "until the VM is reset. This is told once a VM", partition.vmid(), vcpu, failure.toString());
        } else {
            log.debug("finish of vCPU {} refused", vcpu, failure);
        }
    }
}

package org.cupule.hsm.impl;

import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Upcall;
import org.jspecify.annotations.Nullable;

/**
 * The way back that a hypervisor gets before the VM that it leads to is made.
 *
 * @threading any thread
 */
final class UpcallRelay implements Upcall {
    private volatile @Nullable HostedVm vm;

    /** Leads to a VM from now on, which has not been started yet. */
    void lead(HostedVm to) {
        vm = to;
    }

    @Override
    public void request(int vcpu) {
        HostedVm to = vm;
        if (to != null) {
            to.request(vcpu);
        }
    }

    @Override
    public void event(PartitionEvent event) {
        HostedVm to = vm;
        if (to != null) {
            to.tell(event);
        }
    }
}

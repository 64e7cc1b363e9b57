package org.cupule.hsm.impl;

import java.util.List;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VmCreation;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.UpcallContract;

class QueuedUpcallTest extends UpcallContract {
    @Override
    protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        return HsmOn.hsm(hypervisors);
    }

    @Override
    protected VmCreation creation() {
        return wish(VCPUS, 0, true);
    }
}

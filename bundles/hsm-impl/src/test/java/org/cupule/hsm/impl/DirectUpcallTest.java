package org.cupule.hsm.impl;

import java.util.List;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.UpcallContract;

class DirectUpcallTest extends UpcallContract {
    @Override
    protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        return HsmOn.hsm(hypervisors);
    }

}

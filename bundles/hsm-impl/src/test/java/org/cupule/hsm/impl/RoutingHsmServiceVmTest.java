package org.cupule.hsm.impl;

import java.util.List;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.tck.hsm.ServiceVmContract;

class RoutingHsmServiceVmTest extends ServiceVmContract {
    @Override
    protected Hypervisor hypervisor() {
        return new FakeHypervisor();
    }

    @Override
    protected HypervisorServiceModule hsm(Hypervisor hypervisor) {
        return HsmOn.hsm(List.of(hypervisor));
    }
}

package org.cupule.hsm.impl;

import java.util.List;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.CState;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.tck.hsm.PowerContract;
import org.cupule.tck.hsm.ScriptedDevices;

class RoutingHsmPowerTest extends PowerContract {
    @Override
    protected Hypervisor hypervisor(ScriptedDevices host) {
        return new FakeHypervisor(host);
    }

    @Override
    protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        return HsmOn.hsm(hypervisors);
    }

    @Override
    protected int states() {
        return FakeHypervisor.idleStates().size();
    }

    @Override
    protected CState first() {
        return FakeHypervisor.idleStates().getFirst();
    }
}

package org.cupule.linux.acrn;

import java.util.List;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.CState;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.tck.hsm.PowerContract;
import org.cupule.tck.hsm.ScriptedDevices;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NotOnTwin.class)
class OnTwinPowerTest extends PowerContract {
    @Override
    protected Hypervisor hypervisor(ScriptedDevices host) {
        return Above.acrn(new TwinDriver(List.of(new FakeHypervisor(host))));
    }

    @Override
    protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        return Above.hsm(hypervisors.getFirst());
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

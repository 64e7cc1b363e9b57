package org.cupule.linux.acrn;

import java.util.List;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.tck.hsm.InterruptMonitorContract;
import org.cupule.tck.hsm.ScriptedDevices;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NotOnTwin.class)
class OnTwinInterruptMonitorTest extends InterruptMonitorContract {
    @Override
    protected Hypervisor hypervisor(ScriptedDevices host) {
        return Above.acrn(new TwinDriver(List.of(new FakeHypervisor(host))));
    }

    @Override
    protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        return Above.hsm(hypervisors.getFirst());
    }
}

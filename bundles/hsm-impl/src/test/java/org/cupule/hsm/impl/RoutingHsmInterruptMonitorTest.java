package org.cupule.hsm.impl;

import java.util.List;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.tck.hsm.InterruptMonitorContract;
import org.cupule.tck.hsm.ScriptedDevices;

class RoutingHsmInterruptMonitorTest extends InterruptMonitorContract {
    @Override
    protected Hypervisor hypervisor(ScriptedDevices host) {
        return new FakeHypervisor(host);
    }

    @Override
    protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        return HsmOn.hsm(hypervisors);
    }
}

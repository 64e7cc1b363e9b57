package org.cupule.hv.sim;

import java.util.List;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.CState;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.PowerContract;
import org.cupule.tck.hsm.ScriptedDevices;

/** Through the HSM, to the hypervisor and back. */
class SimPowerTest extends PowerContract {
    @Override
    protected Hypervisor hypervisor(ScriptedDevices host) {
        return RealHardware.hypervisor(host);
    }

    @Override
    protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        return RealHardware.hsm(hypervisors);
    }

    @Override
    protected int states() {
        return 1;
    }

    @Override
    protected CState first() {
        return new CState(new CState.Register(0x7F, 0, 0, 0, 0), 1, 1, 1000);
    }
}

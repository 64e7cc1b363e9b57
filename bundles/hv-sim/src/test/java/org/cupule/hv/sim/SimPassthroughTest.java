package org.cupule.hv.sim;

import java.util.List;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.PassthroughContract;
import org.cupule.tck.hsm.ScriptedDevices;

/** Through the HSM, to the hypervisor and back. */
class SimPassthroughTest extends PassthroughContract {
    @Override
    protected Hypervisor hypervisor(ScriptedDevices host) {
        return RealHardware.hypervisor(host);
    }

    @Override
    protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        return RealHardware.hsm(hypervisors);
    }
}

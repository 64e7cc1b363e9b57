package org.cupule.hv.sim;

import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.ScriptedDevices;
import org.cupule.tck.hypervisor.PassthroughGuestContract;

class SimPassthroughGuestTest extends PassthroughGuestContract {
    private final SimHypervisor hypervisor = RealHardware.hypervisor(devices);

    @Override
    protected Hypervisor hypervisor() {
        return hypervisor;
    }

    @Override
    protected void unplug(ScriptedDevices gone) {
        hypervisor.unbindHostDevices(gone);
    }
}

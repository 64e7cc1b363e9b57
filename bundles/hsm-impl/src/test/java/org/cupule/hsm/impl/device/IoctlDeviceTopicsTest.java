package org.cupule.hsm.impl.device;

import java.util.List;
import org.cupule.hsm.HsmDevice;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.DeviceTopicsContract;

class IoctlDeviceTopicsTest extends DeviceTopicsContract {
    @Override
    protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        return FrontOn.hsm(hypervisors);
    }

    @Override
    protected HsmDevice device(HypervisorServiceModule over) {
        return FrontOn.device(over, false);
    }
}

package org.cupule.linux.acrn;

import java.util.List;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.IoreqContract;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NotOnTwin.class)
class OnTwinIoreqTest extends IoreqContract {
    @Override
    protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        return Above.hsm(hypervisors);
    }
}

package org.cupule.hsm.impl;

import java.util.List;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.EventFdTopicContract;

class RoutingHsmEventFdTest extends EventFdTopicContract {
    @Override
    protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        return HsmOn.hsm(hypervisors);
    }
}

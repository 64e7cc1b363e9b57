package org.cupule.hsm.impl;

import java.util.List;
import java.util.Map;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.WhiteboardContract;

class RoutingHsmWhiteboardTest extends WhiteboardContract {
    private RoutingHsm routing;

    @Override
    protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        routing = HsmOn.hsm(hypervisors);
        return routing;
    }

    @Override
    protected void register(IoRequestClient service, Map<String, Object> properties) {
        routing.bindClient(service, properties);
    }

    @Override
    protected void modify(IoRequestClient service, Map<String, Object> properties) {
        routing.updatedClient(service, properties);
    }

    @Override
    protected void unregister(IoRequestClient service) {
        routing.unbindClient(service);
    }
}

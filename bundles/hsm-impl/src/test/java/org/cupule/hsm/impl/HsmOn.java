package org.cupule.hsm.impl;

import java.util.List;
import java.util.Map;
import org.cupule.hypervisor.Hypervisor;

/** Makes an HSM as DS would, without OSGi. */
final class HsmOn {
    private HsmOn() {
    }

    static RoutingHsm hsm(List<Hypervisor> hypervisors) {
        RoutingHsm hsm = new RoutingHsm();
        hypervisors.forEach(hypervisor -> hsm.bind(hypervisor, Map.of()));
        return hsm;
    }
}

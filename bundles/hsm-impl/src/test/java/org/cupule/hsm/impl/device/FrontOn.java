package org.cupule.hsm.impl.device;

import java.lang.annotation.Annotation;
import java.util.List;
import java.util.Map;
import org.cupule.hsm.HsmDevice;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.types.Behaviour;

/** Makes an HSM and its device as DS would, without OSGi. */
final class FrontOn {
    private FrontOn() {
    }

    static HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        RoutingHsm hsm = new RoutingHsm();
        hypervisors.forEach(hypervisor -> hsm.bind(hypervisor, Map.of()));
        return hsm;
    }

    static HsmDevice device(HypervisorServiceModule hsm, boolean queued) {
        return new IoctlDevice(hsm, new IoctlDevice.Settings() {
            @Override
            public String hypervisor() {
                return "";
            }

            @Override
            public Behaviour behaviour() {
                return Behaviour.ACRN;
            }

            @Override
            public boolean queued_upcall() {
                return queued;
            }

            @Override
            public Class<? extends Annotation> annotationType() {
                return IoctlDevice.Settings.class;
            }
        });
    }
}

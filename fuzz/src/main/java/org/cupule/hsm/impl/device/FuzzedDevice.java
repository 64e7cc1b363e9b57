package org.cupule.hsm.impl.device;

import java.lang.annotation.Annotation;
import org.cupule.hsm.HsmDevice;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.types.Behaviour;

/** Makes the character device as DS would. In its package to reach its settings. */
public final class FuzzedDevice {
    private FuzzedDevice() {
    }

    /** {@return a device over an HSM} */
    public static HsmDevice over(HypervisorServiceModule hsm) {
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
                return false;
            }

            @Override
            public Class<? extends Annotation> annotationType() {
                return IoctlDevice.Settings.class;
            }
        });
    }
}

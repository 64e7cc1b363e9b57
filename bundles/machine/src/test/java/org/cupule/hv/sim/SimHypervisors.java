package org.cupule.hv.sim;

import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;
import java.util.Map;
import org.cupule.hw.cpu.InterpretedCpuFactory;
import org.cupule.hw.ept.FourLevelEptFactory;
import org.cupule.hw.ioapic.WideIoApicFactory;
import org.cupule.hw.lapic.XApicFactory;
import org.cupule.hw.pic.CascadedPicFactory;

/** Opens the simulated hypervisor to tests of machines. */
public final class SimHypervisors {
    private SimHypervisors() {
    }

    /** {@return one with the hardware models that people use} */
    public static SimHypervisor withHardware(long rendezvousMillis) {
        var hypervisor = new SimHypervisor(settings(rendezvousMillis));
        hypervisor.bindCpu(new InterpretedCpuFactory(), Map.of());
        hypervisor.bindEpt(new FourLevelEptFactory(), Map.of());
        hypervisor.bindLapic(new XApicFactory(), Map.of());
        hypervisor.bindIoApic(new WideIoApicFactory(), Map.of());
        hypervisor.bindPic(new CascadedPicFactory(), Map.of());
        return hypervisor;
    }

    private static SimHypervisor.Settings settings(long rendezvousMillis) {
        return (SimHypervisor.Settings) Proxy.newProxyInstance(SimHypervisors.class.getClassLoader(),
                new Class<?>[]{SimHypervisor.Settings.class},
                (proxy, method, args) -> switch (method.getName()) {
                    case "rendezvous_deadline_millis" -> rendezvousMillis;
                    case "annotationType" -> Annotation.class;
                    default -> method.getDefaultValue();
                });
    }
}

package org.cupule.hv.sim;

import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;
import java.util.Map;
import org.cupule.hw.cpu.InterpretedCpuFactory;
import org.cupule.hw.ept.FourLevelEptFactory;
import org.cupule.hw.ioapic.WideIoApicFactory;
import org.cupule.hw.lapic.XApicFactory;
import org.cupule.hw.pci.ConventionalPciBusFactory;
import org.cupule.hw.pic.CascadedPicFactory;
import org.cupule.pci.HostDeviceProvider;

/** A simulated hypervisor with its usual hardware, made without OSGi. It is in this package to bind as DS does. */
public final class BenchSim {
    private BenchSim() {
    }

    /** {@return a hypervisor with default settings} */
    public static SimHypervisor hypervisor() {
        return hypervisor(Map.of());
    }

    /** {@return a hypervisor with settings, by their method's name} */
    public static SimHypervisor hypervisor(Map<String, Object> changed) {
        var hypervisor = new SimHypervisor(settings(changed));
        hypervisor.bindCpu(new InterpretedCpuFactory(), Map.of());
        hypervisor.bindEpt(new FourLevelEptFactory(), Map.of());
        hypervisor.bindLapic(new XApicFactory(), Map.of());
        hypervisor.bindIoApic(new WideIoApicFactory(), Map.of());
        hypervisor.bindPic(new CascadedPicFactory(), Map.of());
        return hypervisor;
    }

    /** {@return a hypervisor with settings, whose host has devices that guests can be given} */
    public static SimHypervisor hypervisor(Map<String, Object> changed, HostDeviceProvider devices) {
        SimHypervisor hypervisor = hypervisor(changed);
        hypervisor.bindHostDevices(devices);
        hypervisor.bindPciBus(new ConventionalPciBusFactory());
        return hypervisor;
    }

    private static SimHypervisor.Settings settings(Map<String, Object> changed) {
        return (SimHypervisor.Settings) Proxy.newProxyInstance(BenchSim.class.getClassLoader(),
                new Class<?>[]{SimHypervisor.Settings.class},
                (proxy, method, arguments) -> method.getDeclaringClass() == Annotation.class
                        ? SimHypervisor.Settings.class
                        : changed.getOrDefault(method.getName(), method.getDefaultValue()));
    }
}

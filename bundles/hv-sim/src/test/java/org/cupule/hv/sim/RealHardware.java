package org.cupule.hv.sim;

import java.util.List;
import java.util.Map;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hw.cpu.InterpretedCpuFactory;
import org.cupule.hw.ept.FourLevelEptFactory;
import org.cupule.hw.ept.interval.IntervalEptFactory;
import org.cupule.hw.ioapic.WideIoApicFactory;
import org.cupule.hw.lapic.XApicFactory;
import org.cupule.hw.pci.ConventionalPciBusFactory;
import org.cupule.hw.pic.CascadedPicFactory;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.pci.HostDeviceProvider;

/** A simulated hypervisor with the hardware models that people use. */
final class RealHardware {
    private RealHardware() {
    }

    /** {@return an HSM, as it would be bound} */
    static HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        var hsm = new RoutingHsm();
        hypervisors.forEach(hypervisor -> hsm.bind(hypervisor, Map.of()));
        return hsm;
    }

    static SimHypervisor hypervisor() {
        return hypervisor(Config.defaults());
    }

    /** {@return a hypervisor whose host has these devices} */
    static SimHypervisor hypervisor(HostDeviceProvider devices) {
        var hypervisor = hypervisor();
        hypervisor.bindHostDevices(devices);
        return hypervisor;
    }

    static SimHypervisor hypervisor(SimHypervisor.Settings settings) {
        var hypervisor = new SimHypervisor(settings);
        hypervisor.bindCpu(new InterpretedCpuFactory(), Map.of("service.bundleid", 1L));
        hypervisor.bindEpt(new FourLevelEptFactory(), Map.of("service.bundleid", 2L));
        hypervisor.bindEpt(new IntervalEptFactory(), Map.of("service.bundleid", 3L));
        hypervisor.bindLapic(new XApicFactory(), Map.of("service.bundleid", 4L));
        hypervisor.bindIoApic(new WideIoApicFactory(), Map.of("service.bundleid", 5L));
        hypervisor.bindPic(new CascadedPicFactory(), Map.of("service.bundleid", 6L));
        hypervisor.bindPciBus(new ConventionalPciBusFactory());
        return hypervisor;
    }
}

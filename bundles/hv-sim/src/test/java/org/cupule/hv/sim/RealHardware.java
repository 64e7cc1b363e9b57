package org.cupule.hv.sim;

import java.util.Map;
import org.cupule.hw.cpu.InterpretedCpuFactory;
import org.cupule.hw.ept.FourLevelEptFactory;
import org.cupule.hw.ept.interval.IntervalEptFactory;
import org.cupule.hw.ioapic.WideIoApicFactory;
import org.cupule.hw.lapic.XApicFactory;
import org.cupule.hw.pic.CascadedPicFactory;

/** A simulated hypervisor with the hardware models that people use. */
final class RealHardware {
    private RealHardware() {
    }

    static SimHypervisor hypervisor() {
        var hypervisor = new SimHypervisor(Config.defaults());
        hypervisor.bindCpu(new InterpretedCpuFactory(), Map.of("service.bundleid", 1L));
        hypervisor.bindEpt(new FourLevelEptFactory(), Map.of("service.bundleid", 2L));
        hypervisor.bindEpt(new IntervalEptFactory(), Map.of("service.bundleid", 3L));
        hypervisor.bindLapic(new XApicFactory(), Map.of("service.bundleid", 4L));
        hypervisor.bindIoApic(new WideIoApicFactory(), Map.of("service.bundleid", 5L));
        hypervisor.bindPic(new CascadedPicFactory(), Map.of("service.bundleid", 6L));
        return hypervisor;
    }
}

package org.cupule.machine.pc;

import java.util.Map;
import org.cupule.dev.debugexit.DebugExitFactory;
import org.cupule.dev.uart.Uart16550Factory;
import org.cupule.device.DeviceFactory;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.pci.PciBusFactory;

/** Opens the component to tests of other packages. */
public final class MachinesForTests {
    private MachinesForTests() {
    }

    public static PcMachines of(HypervisorServiceModule hsm) {
        var machines = new PcMachines();
        machines.bindHsm(hsm);
        machines.bindDeviceFactory(new Uart16550Factory(), Map.of());
        machines.bindDeviceFactory(new DebugExitFactory(), Map.of());
        return machines;
    }

    /** A plug-in offers devices. */
    public static void offer(PcMachines machines, DeviceFactory factory, long bundle) {
        machines.bindDeviceFactory(factory, Map.of("service.bundleid", bundle));
    }

    /** A plug-in offers PCI buses. */
    public static void offer(PcMachines machines, PciBusFactory factory) {
        machines.bindPciBusFactory(factory, Map.of());
    }
}

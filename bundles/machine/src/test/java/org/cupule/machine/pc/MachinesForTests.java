package org.cupule.machine.pc;

import java.util.Map;
import org.cupule.dev.debugexit.DebugExitFactory;
import org.cupule.dev.uart.Uart16550Factory;
import org.cupule.hsm.HypervisorServiceModule;

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
}

package org.cupule.machine.pc;

import java.util.Map;
import org.cupule.dev.uart.Uart16550Factory;
import org.cupule.hsm.HypervisorServiceModule;

/** Machines made without OSGi. It is in this package to bind as DS does. */
public final class BenchMachines {
    private BenchMachines() {
    }

    /**
     * {@return machines whose UART two bundles offer}
     *
     * @param bundles
     *            the ids of the bundles
     */
    public static PcMachines of(HypervisorServiceModule hsm, long... bundles) {
        var machines = new PcMachines();
        machines.bindHsm(hsm);
        for (long bundle : bundles) {
            machines.bindDeviceFactory(new Uart16550Factory(), Map.of("service.bundleid", bundle));
        }
        return machines;
    }
}

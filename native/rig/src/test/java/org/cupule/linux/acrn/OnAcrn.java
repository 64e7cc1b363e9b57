package org.cupule.linux.acrn;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.cupule.host.linux.LinuxHost;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.types.Behaviour;

/** The HSM on the backend on Linux's own driver, without OSGi. */
final class OnAcrn {
    private static final Path DEVICE = Path.of("/dev/acrn_hsm");
    private static final long ATTACH_MILLIS = 20_000;
    private static final LinuxHost HOST = new LinuxHost();

    private OnAcrn() {
    }

    /** {@return the machine's own hypervisor} */
    static AcrnHypervisor hypervisor() {
        Driver driver = new HostDriver(HOST, DEVICE, Path.of("/tmp/undertaker"));
        return new AcrnHypervisor(driver, new AcrnHypervisor.Settings("rig",
                new ServiceProcessors(Path.of("/sys/class/misc/acrn_hsm/remove_cpu"),
                        Path.of("/sys/devices/system/cpu"), Path.of("/proc/cpuinfo"), HOST::open),
                new HostPci(Path.of("/sys/bus/pci/devices")), ATTACH_MILLIS));
    }

    /** {@return an HSM whose only hypervisor is the machine's own} */
    static RoutingHsm hsm() {
        return hsm(List.of(hypervisor()));
    }

    /** {@return an HSM on these hypervisors, with this machine as its host} */
    static RoutingHsm hsm(List<Hypervisor> hypervisors) {
        RoutingHsm hsm = new RoutingHsm();
        hsm.bindHost(HOST);
        hypervisors.forEach(hypervisor -> hsm.bind(hypervisor, Map.of()));
        return hsm;
    }

    /** {@return a VM of two vCPUs} */
    static VirtualMachine create(RoutingHsm hsm) {
        return hsm.create(new VmCreation("rig", "", 2, 0b11, 0, Behaviour.ACRN, false, false, Map.of()));
    }
}

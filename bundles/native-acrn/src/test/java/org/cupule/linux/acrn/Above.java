package org.cupule.linux.acrn;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.cupule.host.linux.LinuxHost;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hypervisor.Hypervisor;

/** The HSM on the backend under test, on the driver's twin, on an HSM on the hypervisors of a test. */
final class Above {
    private static final long ATTACH_MILLIS = 5000;

    private Above() {
    }

    /** {@return the backend on a driver} */
    static AcrnHypervisor acrn(Driver driver) {
        return acrn(driver, ATTACH_MILLIS);
    }

    /** {@return the backend on a driver, with a deadline of its own} */
    static AcrnHypervisor acrn(Driver driver, long attachMillis) {
        Path nothing = Path.of("/nonexistent");
        return new AcrnHypervisor(driver, new AcrnHypervisor.Settings("test",
                new ServiceProcessors(nothing, nothing, nothing, path -> {
                    throw new IllegalStateException("not in this test");
                }), new HostPci(nothing), attachMillis));
    }

    /** {@return the HSM on the backend on the twin on an HSM on these hypervisors} */
    static RoutingHsm hsm(List<Hypervisor> hypervisors) {
        return hsm(acrn(new TwinDriver(hypervisors)));
    }

    /** {@return the HSM on a backend, with the host's memory and event counters} */
    static RoutingHsm hsm(Hypervisor acrn) {
        RoutingHsm hsm = new RoutingHsm();
        hsm.bindHost(new LinuxHost());
        hsm.bind(acrn, Map.of());
        return hsm;
    }
}

package org.cupule.hsm.impl;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.cupule.host.Descriptor;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.host.linux.LinuxHost;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.tck.hsm.EventFdTopicContract;
import org.junit.jupiter.api.Test;

/** The same over eventfds of the kernel. */
class RealEventFdTest extends EventFdTopicContract {
    private static final Host HOST = new LinuxHost();

    @Override
    protected HypervisorServiceModule hsm(List<Hypervisor> hypervisors) {
        RoutingHsm hsm = HsmOn.hsm(hypervisors);
        hsm.bindHost(HOST);
        return hsm;
    }

    @Override
    protected EventFd create() {
        return HOST.eventFd(0);
    }

    @Test
    void theTopicMakesCountersThatOtherProcessesCanShare() {
        try (EventFd counter = vm.eventFds().create(); Descriptor shared = counter.descriptor().orElseThrow()) {
            assertThat(shared.target()).isEqualTo("anon_inode:[eventfd]");
        }
    }
}

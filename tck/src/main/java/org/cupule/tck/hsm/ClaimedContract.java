package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.HypervisorInfo.SlotProtocol;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the HSM does, and leaves alone, where a driver below runs the slot protocol. */
public abstract class ClaimedContract {
    private final FakeHypervisor hypervisor = new FakeHypervisor("driver", SlotProtocol.CLAIMED);
    private final VirtualMachine vm = hsm(List.of(hypervisor)).create(HsmFixture.wish(2, 0, false));
    private final FakePartition partition = hypervisor.partition();

    /** Only a contract. */
    protected ClaimedContract() {
    }

    /** {@return an HSM on these hypervisors} */
    protected abstract HypervisorServiceModule hsm(List<Hypervisor> hypervisors);

    @AfterEach
    void closeVm() {
        vm.close();
    }

    @Test
    @DisplayName("a request is routed and answered; the driver stores every state")
    void requestIsAnswered() {
        vm.ioRequests().inline("device", access -> partition.page().state(0)).add(IoRange.ports(0x60, 1));
        vm.ioRequests().threaded("worker", access -> 2).add(IoRange.ports(0x70, 1));
        vm.ioRequests().inlineDefault("bus", access -> -1);
        vm.start();

        assertThat(partition.in(0, 0x60, 1)).isEqualTo(IoRequestPage.PROCESSING);
        assertThat(partition.in(0, 0x70, 1)).isEqualTo(2);
        assertThat(partition.in(0, 0x99, 4)).isEqualTo(0xFFFF_FFFFL);
        assertThat(partition.finishes(0)).isEqualTo(3);
    }

    @Test
    @DisplayName("the driver has combined already: ports 0xCF8 and 0xCFC are plain here")
    void portsAreNotCombined() {
        vm.ioRequests().inlineDefault("bus", access -> access.type() * 0x100 + access.register());
        vm.start();

        assertThat(partition.in(0, 0xCF8, 4)).isZero();
        partition.write(0, IoRequestPage.PCICFG, false, 0, 4, 0);
        partition.page().pci(0, 0, 3, 1, 0x44);
        partition.upcall(0);
        assertThat(partition.take(0)).isEqualTo(0x244);
    }

    @Test
    @DisplayName("a second upcall for a request that a client has is not a second request")
    void secondUpcallIsNotARequest() {
        Gate gate = new Gate();
        vm.ioRequests().threaded("worker", access -> gate.pass(5)).add(IoRange.ports(0x60, 1));
        vm.start();
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        gate.awaitInside(1);

        partition.upcall(0);
        vm.ioRequests().clear();
        gate.open();

        assertThat(partition.take(0)).isEqualTo(5);
        assertThat(vm.ioRequests().counters().posted()).isEqualTo(1);
        assertThat(vm.ioRequests().counters().lost()).isZero();
    }
}

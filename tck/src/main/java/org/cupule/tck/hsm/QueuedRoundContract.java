package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is special when a thread of the HSM dispatches ({@code hsm.md} 7.5). */
public abstract class QueuedRoundContract extends HsmFixture {
    /** Only a contract. */
    protected QueuedRoundContract() {
    }

    @Override
    protected VmCreation creation() {
        return wish(VCPUS, 0, true);
    }

    @Test
    @DisplayName("HSM-IOREQ-08 an unclaimed request on vCPU 0 ends that round; the next one serves vCPU 1")
    void unclaimedRequestEndsItsRound() {
        vm.ioRequests().inline("device", access -> 0x11).add(IoRange.ports(0x60, 1));
        vm.start();
        partition.write(1, IoRequestPage.PORTIO, false, 0x60, 1, 0); // the HSM has not been told of it
        partition.post(0, IoRequestPage.PORTIO, false, 0x99, 1, 0);
        Deadline.await("vCPU 0 was looked at", () -> vm.ioRequests().counters().posted() == 1);
        assertThat(partition.page().state(1)).isEqualTo(IoRequestPage.PENDING);

        partition.upcall(1);

        assertThat(partition.take(1)).isEqualTo(0x11);
        assertThat(partition.page().state(0)).isEqualTo(IoRequestPage.PENDING);
        vm.ioRequests().inlineDefault("bus", access -> 0x22);
        assertThat(partition.take(0)).isEqualTo(0x22);
    }

    @Test
    @DisplayName("all requests of a VM are dispatched on one thread of its own, which no other VM can hold up")
    void eachVmHasItsDispatcher() {
        List<String> threads = new CopyOnWriteArrayList<>();
        VirtualMachine other = hsm.create(creation());
        PartitionBelow otherPartition = hypervisor.partition();
        Gate gate = new Gate();
        vm.ioRequests().inlineDefault("stuck", access -> gate.pass(1));
        other.ioRequests().inlineDefault("bus", access -> {
            threads.add(Thread.currentThread().getName());
            return 2;
        });
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        gate.awaitInside(1);

        for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
            assertThat(otherPartition.in(vcpu, 0x60, 1)).isEqualTo(2);
        }

        assertThat(threads).hasSize(VCPUS).containsOnly("VM" + other.vmid() + "-dispatcher");
        gate.open();
        assertThat(partition.take(0)).isEqualTo(1);
        other.close();
    }
}

package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VmCreation;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What changes when the hypervisor polls for completion ({@code hsm.md} 4.4, 7.4). */
public abstract class PollingContract extends HsmFixture {
    /** Only a contract. */
    protected PollingContract() {
    }

    /** {@return how many requests are made one after the other: fewer where each takes long} */
    protected int requestsInARow() {
        return 5000;
    }

    @Override
    protected VmCreation creation() {
        return wish(VCPUS, PartitionCreation.COMPLETION_POLLING, false);
    }

    @Test
    @DisplayName("HSM-IOREQ-05 a polling hypervisor finds the slot COMPLETE and is not told")
    void pollingHypervisorIsNotTold() {
        vm.ioRequests().inline("device", access -> 1).add(IoRange.ports(0x60, 1));
        vm.ioRequests().threaded("worker", access -> 2).add(IoRange.ports(0x70, 1));
        vm.ioRequests().createDefault();
        vm.start();

        assertThat(partition.in(0, 0x60, 1)).isEqualTo(1);
        assertThat(partition.in(0, 0x70, 1)).isEqualTo(2);
        partition.post(1, IoRequestPage.PORTIO, false, 0x99, 1, 3);
        vm.ioRequests().notifyFinished(1);
        assertThat(partition.take(1)).isEqualTo(3);
        assertThat(partition.finishes(0) + partition.finishes(1)).isZero();
    }

    @Test
    @DisplayName("HSM-IOREQ-05 a polling hypervisor may post again before the completer is done")
    void polledSlotIsServedAgainAtOnce() {
        vm.ioRequests().threaded("worker", access -> access.address() + 1).add(IoRange.ports(0x1000, 0x1000));
        vm.start();

        for (int i = 0; i < requestsInARow(); i++) {
            assertThat(partition.in(0, 0x1000 + i % 0x800, 2)).isEqualTo(0x1001 + i % 0x800);
        }
        assertThat(vm.ioRequests().counters().completed()).isEqualTo(requestsInARow());
    }
}

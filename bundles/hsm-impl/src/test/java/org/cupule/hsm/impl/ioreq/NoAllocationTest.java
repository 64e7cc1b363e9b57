package org.cupule.hsm.impl.ioreq;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.tck.hsm.FakePartition;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Goal 8: nothing is allocated for a request on the vCPU's thread. */
class NoAllocationTest {
    private static final com.sun.management.ThreadMXBean THREADS = (com.sun.management.ThreadMXBean) ManagementFactory
            .getThreadMXBean();
    private static final int REQUESTS = 2000;

    private final FakeHypervisor hypervisor = new FakeHypervisor();
    private final VirtualMachine vm = vm();
    private final FakePartition partition = hypervisor.partition();

    private VirtualMachine vm() {
        RoutingHsm hsm = new RoutingHsm();
        hsm.bind(hypervisor, Map.of());
        return hsm.create(VmCreation.of("test", 1));
    }

    @AfterEach
    void close() {
        vm.close();
    }

    private long allocated() {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < REQUESTS; i++) {
            partition.access(0, IoRequestPage.MMIO, false, 0x1000 + i * 8L, 8, 0);
            partition.access(0, IoRequestPage.PORTIO, true, 0x60 + i % 32, 1, 0);
            partition.access(0, IoRequestPage.PORTIO, true, 0xCF8, 4, 0x8000_0000L);
            partition.access(0, IoRequestPage.PORTIO, false, 0xCFC, 4, 0);
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    @DisplayName("look-up, inline handler, combiner, default client and trace allocate nothing")
    void nothingIsAllocated() {
        vm.ioRequests().inline("device", access -> access.address()).add(IoRange.mmio(0x1000, 0x8000));
        vm.ioRequests().inline("ports", access -> 0).add(IoRange.ports(0x60, 16));
        vm.ioRequests().inlineDefault("bus", access -> -1);
        vm.ioRequests().trace(64);
        List.of(1, 2, 3).forEach(warmUp -> allocated());

        assertThat(allocated()).as("bytes for %d requests", 4 * REQUESTS).isLessThan(REQUESTS);
    }
}

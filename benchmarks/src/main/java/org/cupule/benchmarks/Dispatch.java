package org.cupule.benchmarks;

import java.util.Map;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.types.IoRange;

/**
 * A VM of one vCPU with many ranges, each of a client of its own, and nothing below.
 *
 * @threading confined to one thread
 */
final class Dispatch implements AutoCloseable {
    private static final long BASE = 0x8000_0000L;
    private static final long STEP = 0x1000;

    private final int ranges;
    private final VirtualMachine vm;
    private final BenchPartition partition;
    private long at;

    Dispatch(int ranges) {
        this.ranges = ranges;
        var hypervisor = new BenchPartition.BenchHypervisor();
        RoutingHsm hsm = new RoutingHsm();
        hsm.bind(hypervisor, Map.of());
        vm = hsm.create(VmCreation.of("bench", 1));
        partition = hypervisor.last();
        for (int i = 0; i < ranges; i++) {
            int number = i;
            IoClient client = vm.ioRequests().inline("device " + i, access -> number + access.size());
            client.add(IoRange.mmio(BASE + i * STEP, 0x100));
        }
        vm.ioRequests().inlineDefault("bus", access -> -1);
        vm.start();
    }

    /** One device again and again. */
    long sameDevice() {
        return partition.read(0, IoRequestPage.MMIO, BASE + 3 * STEP + 0x10, 4);
    }

    /** Another device each time, so that the remembered interval never helps. */
    long otherDevice() {
        at += 0x9E37_79B9L;
        return partition.read(0, IoRequestPage.MMIO, BASE + Long.remainderUnsigned(at, ranges) * STEP + 0x10, 4);
    }

    /** Nobody's address. */
    long unclaimed() {
        return partition.read(0, IoRequestPage.PORTIO, 0x80, 1);
    }

    /** A configuration read: latch, then data port; two requests. */
    long pciConfiguration() {
        return partition.read(0, IoRequestPage.PORTIO, 0xCF8, 4) + partition.read(0, IoRequestPage.PORTIO, 0xCFC, 4);
    }

    @Override
    public void close() {
        vm.close();
    }
}

package org.cupule.benchmarks;

import java.util.Arrays;
import java.util.Map;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.types.Behaviour;
import org.cupule.types.IoRange;

/**
 * A VM whose requests cross to another thread and back.
 *
 * @threading confined to one thread
 */
final class CrossThread implements AutoCloseable {
    private final VirtualMachine vm;
    private final BenchPartition partition;

    /**
     * Makes a VM.
     *
     * @param queued
     *            whether an inline client on the VM's dispatcher answers; else a client with a thread of its own
     */
    CrossThread(boolean queued) {
        var hypervisor = new BenchPartition.BenchHypervisor();
        RoutingHsm hsm = new RoutingHsm();
        hsm.bind(hypervisor, Map.of());
        vm = hsm.create(new VmCreation("cross", "", 1, 0, Behaviour.X86, false, queued, Map.of()));
        partition = hypervisor.last();
        var requests = vm.ioRequests();
        var client = queued
                ? requests.inline("device", access -> access.size())
                : requests.threaded("worker", access -> access.size());
        client.add(IoRange.ports(0x60, 8));
        vm.start();
    }

    /** One request, there and back. */
    long read() {
        return partition.read(0, IoRequestPage.PORTIO, 0x60, 1);
    }

    /** {@return the median of so many requests in nanoseconds} */
    long median(int requests) {
        long[] nanos = new long[requests];
        for (int i = 0; i < requests; i++) {
            long before = System.nanoTime();
            read();
            nanos[i] = System.nanoTime() - before;
        }
        Arrays.sort(nanos);
        return nanos[requests / 2];
    }

    @Override
    public void close() {
        vm.close();
    }

    /**
     * Prints the median of one warm round, and ends: to be run on one CPU.
     *
     * @param arguments
     *            {@code queued} or {@code threaded}, then {@code virtual} or {@code platform} for the vCPU's thread
     */
    public static void main(String[] arguments) throws InterruptedException {
        Runnable vcpu = () -> {
            try (var cross = new CrossThread(arguments[0].equals("queued"))) {
                for (int warmUp = 0; warmUp < 10; warmUp++) {
                    cross.median(20_000);
                }
                System.out.println(cross.median(50_000));
            }
        };
        Thread thread = arguments[1].equals("virtual")
                ? Thread.ofVirtual().start(vcpu)
                : Thread.ofPlatform().start(vcpu);
        thread.join();
    }
}

package org.cupule.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.cupule.host.linux.LinuxHost;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hv.sim.BenchSim;
import org.cupule.hypervisor.VcpuState;
import org.cupule.ram.Access;

/**
 * Many idle VMs in one process: 16 MiB each, one vCPU, created only or halted by their guest.
 *
 * @threading confined to one thread
 */
final class Idle implements AutoCloseable {
    private static final long RAM_BYTES = 16L << 20;
    private static final int ENTRY = 0x1000;
    /** {@code stop: hlt; jmp stop} */
    private static final byte[] HALT = {(byte) 0xF4, (byte) 0xEB, (byte) 0xFD};
    private static final long HALT_SECONDS = 30;

    private final RoutingHsm hsm = new RoutingHsm();
    private final List<VirtualMachine> machines = new ArrayList<>();

    Idle() {
        hsm.bindHost(new LinuxHost());
        hsm.bind(BenchSim.hypervisor(Map.of("max_vms", 4096)), Map.of());
    }

    void create(int count) {
        for (int i = 0; i < count; i++) {
            VirtualMachine vm = hsm.create(VmCreation.of("idle" + machines.size(), 1));
            machines.add(vm);
            vm.memory().addRam(0, RAM_BYTES, Access.ALL);
            vm.ioRequests().inlineDefault("bus", access -> -1);
        }
    }

    /** Starts all, and returns when each guest sleeps in its HLT. */
    void halt() {
        for (VirtualMachine vm : machines) {
            vm.memory().write(ENTRY, HALT, 0, HALT.length);
            vm.setRegisters(0, new VcpuState(new long[16], ENTRY, 0, 0x30, 0, 0, 0, 0, 0xFFFF, 0x9B, new int[8], 0,
                    0xFFFF, 0, 0xFFFF));
            vm.start();
        }
        machines.forEach(Idle::awaitHalted);
    }

    private static void awaitHalted(VirtualMachine vm) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(HALT_SECONDS);
        while (!vm.activity(0).equals("halted")) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("the guest is not halted but " + vm.activity(0));
            }
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        machines.forEach(VirtualMachine::close);
    }

    /** What the process has in memory, in bytes. */
    private record Usage(long heap, long outsideHeap, long guestRam) {
        static Usage now() {
            System.gc();
            return new Usage(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                    status("RssAnon:") + status("RssFile:"), status("RssShmem:"));
        }

        /** All but guest RAM; the heap's pages are all there from the start, so they cancel out. */
        long beyondRam(Usage before) {
            return heap - before.heap + outsideHeap - before.outsideHeap;
        }

        private static long status(String key) {
            try {
                return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith(key))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10).sum();
            } catch (IOException failure) {
                throw new IllegalStateException("there is no /proc to measure with", failure);
            }
        }
    }

    /**
     * Prints what one VM takes, in bytes: beyond its RAM when it is created, then when its guest is halted, heap of
     * both, and the RAM that the halted guest has touched. To be run with a heap whose pages are there from the start.
     *
     * @param arguments
     *            how many VMs
     */
    public static void main(String[] arguments) {
        int count = Integer.parseInt(arguments[0]);
        try (Idle warm = new Idle()) {
            warm.create(50);
            warm.halt();
        }
        try (Idle idle = new Idle()) {
            Usage before = Usage.now();
            idle.create(count);
            Usage created = Usage.now();
            idle.halt();
            Usage halted = Usage.now();
            System.out.printf("%d %d %d %d %d%n", created.beyondRam(before) / count, halted.beyondRam(before) / count,
                    (created.heap - before.heap) / count, (halted.heap - before.heap) / count,
                    (halted.guestRam - before.guestRam) / count);
        }
    }
}

package org.cupule.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.cupule.host.linux.LinuxHost;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hv.sim.BenchSim;
import org.cupule.tck.hsm.ScriptedDevices;
import org.junit.jupiter.api.Test;

/**
 * Several VMs of four vCPUs at a time, each treated at random by a thread of its own ({@link SoakVm}): each request is
 * served exactly once, and afterwards nothing is left. For 15 seconds, and with {@code -Dcupule.long=true} for ten
 * minutes; {@code -Dcupule.soak.seconds} and {@code -Dcupule.soak.seed} choose others.
 */
class VmSoakTest {
    private static final long SECONDS = Long.getLong("cupule.soak.seconds",
            Boolean.getBoolean("cupule.long") ? 600 : 15);
    private static final int VMS = 3;
    private static final long SEED = Long.getLong("cupule.soak.seed", 0x50AC);

    private final RoutingHsm hsm = new RoutingHsm();

    private record Sum(long requests, long steps, long longestRestMillis) {
    }

    @Test
    void everyRequestIsServedOnceAndNothingIsLeft() throws Exception {
        hsm.bindHost(new LinuxHost());
        hsm.bind(BenchSim.hypervisor(Map.of(), new ScriptedDevices()), Map.of());
        treat("warm", SEED - 1, TimeUnit.SECONDS.toNanos(1)); // whatever is made once is made now
        var threads = threads();
        long descriptors = descriptors();
        long mappings = mappings();

        List<Sum> sums = soak();

        assertThat(hsm.machines()).isEmpty();
        try (VirtualMachine next = hsm.create(VmCreation.of("next", 1))) {
            assertThat(next.vmid()).as("ids are free again").isEqualTo(1);
        }
        awaitNoMore(threads);
        assertThat(descriptors()).as("descriptors").isLessThanOrEqualTo(descriptors);
        assertThat(mappings()).as("mappings of shared memory").isLessThanOrEqualTo(mappings);
        System.out.printf(
                "VERIFIED: soak of VMs: %d VMs of 4 vCPUs for %d s, seed 0x%x, %d changes, %d requests, lost 0, served twice 0, at rest after %d ms at most%n",
                VMS, SECONDS, SEED, sums.stream().mapToLong(Sum::steps).sum(),
                sums.stream().mapToLong(Sum::requests).sum(),
                sums.stream().mapToLong(Sum::longestRestMillis).max().orElse(0));
    }

    private List<Sum> soak() throws Exception {
        List<Sum> sums = new ArrayList<>();
        try (var executor = Executors.newFixedThreadPool(VMS)) {
            List<Callable<Sum>> treatments = IntStream.range(0, VMS).<Callable<Sum>>mapToObj(
                    index -> () -> treat("soak" + index, SEED + index, TimeUnit.SECONDS.toNanos(SECONDS))).toList();
            for (Future<Sum> sum : executor.invokeAll(treatments)) {
                sums.add(sum.get());
            }
        }
        return sums;
    }

    private Sum treat(String name, long seed, long nanos) {
        long end = System.nanoTime() + nanos;
        var vm = new SoakVm(hsm, name, seed);
        try (vm) {
            while (System.nanoTime() - end < 0) {
                vm.step();
            }
        }
        return new Sum(vm.requests, vm.steps, vm.longestRestMillis);
    }

    // ---- what is there

    private static void awaitNoMore(Map<String, Long> before) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!threads().entrySet().stream()
                .allMatch(now -> now.getValue() <= before.getOrDefault(now.getKey(), 0L))) {
            assertThat(System.nanoTime() - end).as("there were %s, there are %s", before, threads()).isNegative();
            Thread.onSpinWait();
        }
    }

    private static Map<String, Long> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> !name.matches("(ForkJoinPool|VirtualThread|pool-).*"))
                .collect(Collectors.groupingBy(name -> name, TreeMap::new, Collectors.counting()));
    }

    private static long descriptors() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    private static long mappings() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("memfd")).count();
        }
    }
}

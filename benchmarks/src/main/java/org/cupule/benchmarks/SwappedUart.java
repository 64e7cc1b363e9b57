package org.cupule.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hv.sim.BenchSim;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.pc.BenchMachines;
import org.cupule.machine.pc.PcMachines;

/**
 * A guest that reads its UART's line status without end, while the UART is moved between two bundles that offer it.
 *
 * @threading confined to one thread
 */
final class SwappedUart implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final long[] BUNDLES = {1, 2};
    /** {@code mov dx, 0x3FD; next: in al, dx; jmp next} */
    private static final byte[] LOOP = {(byte) 0xBA, (byte) 0xFD, 0x03, (byte) 0xEC, (byte) 0xEB, (byte) 0xFD};

    private final PcMachines machines;
    private final Machine machine;
    private final String target;
    private final String model;
    private int swaps;

    SwappedUart() throws IOException {
        var hsm = new RoutingHsm();
        hsm.bind(BenchSim.hypervisor(), Map.of());
        machines = BenchMachines.of(hsm, BUNDLES);
        Path image = Files.write(Files.createTempDirectory("cupule-bench").resolve("loop.bin"), LOOP);
        machine = machines.create(with(machines.standard("swapped"), image));
        target = machines.targets().getFirst().name();
        model = machines.offers().getFirst().model().id();
        machine.start();
    }

    private static MachineDescription with(MachineDescription base, Path image) {
        return new MachineDescription(base.name(), base.hypervisor(), base.memoryBytes(), base.cpus(),
                Optional.of(new Image(Optional.of(image), "", "flat", 0, "", List.of())), base.devices(), base.models(),
                base.behaviour(), base.deterministic(), base.queuedUpcall());
    }

    /** Moves the UART once. @return how long the guest could not reach it, in nanoseconds */
    double pauseNanos() {
        swaps++;
        return machines.swap(target, BUNDLES[swaps % BUNDLES.length], model, DEADLINE).pauseNanos();
    }

    @Override
    public void close() {
        machine.close();
    }
}

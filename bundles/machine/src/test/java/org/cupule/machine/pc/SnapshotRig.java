package org.cupule.machine.pc;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.cupule.dev.debugexit.DebugExitFactory;
import org.cupule.dev.keyboard.I8042Factory;
import org.cupule.dev.pit.Pit8254Factory;
import org.cupule.dev.pmtimer.AcpiPmFactory;
import org.cupule.dev.rtc.Mc146818Factory;
import org.cupule.dev.sample.SampleFactory;
import org.cupule.dev.uart.Uart16550Factory;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hv.sim.SimHypervisors;
import org.cupule.hw.pci.ConventionalPciBusFactory;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.Image;

/**
 * A whole platform without OSGi: real HSM, simulated hypervisor, all devices of a standard PC. Two of them have nothing
 * in common, as two processes have not.
 */
final class SnapshotRig {
    private static final long PATIENCE_SECONDS = 60;

    final RoutingHsm hsm = new RoutingHsm();
    final PcMachines machines = new PcMachines();

    SnapshotRig() {
        hsm.bind(SimHypervisors.withHardware(5000), Map.of());
        machines.bindHsm(hsm);
        machines.bindPciBusFactory(new ConventionalPciBusFactory(), Map.of());
        for (var factory : List.of(new Uart16550Factory(), new DebugExitFactory(), new Pit8254Factory(),
                new Mc146818Factory(), new AcpiPmFactory(), new I8042Factory(), new SampleFactory())) {
            machines.bindDeviceFactory(factory, Map.of());
        }
    }

    /** {@return the demonstration guest, started, after its first account} */
    Machine demo(int cpus, boolean deterministic, boolean queued) {
        MachineDescription pc = machines.standard("demo");
        var image = new Image(Optional.empty(), "demo", "auto", 0, "", List.of());
        Machine machine = machines.create(new MachineDescription("demo", "", pc.memoryBytes(), cpus, Optional.of(image),
                pc.devices(), Map.of(), pc.behaviour(), deterministic, queued));
        machine.start();
        await("its first account", machine, () -> rounds(machine) > 0);
        return machine;
    }

    /** {@return that guest, paused and saved, and gone} */
    static Path saved(Machine machine, Path file) {
        machine.pause();
        machine.save(file);
        machine.close();
        return file;
    }

    /** {@return everything that its console has shown} */
    static String said(Machine machine) {
        return new String(machine.console().recent(), StandardCharsets.ISO_8859_1);
    }

    static long rounds(Machine machine) {
        return said(machine).lines().filter(line -> line.startsWith("round")).count();
    }

    /** Asks the guest for an account and waits for it. */
    static void report(Machine machine) {
        long before = rounds(machine);
        type(machine, 'p');
        await("an account after 'p'", machine, () -> rounds(machine) > before);
    }

    static void type(Machine machine, char letter) {
        machine.console().send(new byte[]{(byte) letter}, 0, 1);
    }

    /** Ends the guest by its own command. @return its verdict */
    static String verdict(Machine machine) {
        type(machine, 'q');
        await("a verdict", machine, () -> machine.outcome().toCompletableFuture().isDone());
        return said(machine).lines().filter(line -> line.startsWith("verdict:")).findFirst().orElse("none: "
                + said(machine));
    }

    /** Waits until each request that was posted is completed. */
    static void awaitAnswers(Machine machine) {
        await("an answer to each request", machine, () -> {
            var counters = machine.vm().ioRequests().counters();
            return counters.posted() == counters.completed();
        });
    }

    static void await(String what, Machine machine, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("no %s: %s; it said %s".formatted(what, machine.status(), said(machine)));
            }
            LockSupport.parkNanos(2_000_000);
        }
    }
}

package org.cupule.hsm.shell.demo;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.launch.CommandLine;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.Machines;
import org.cupule.swap.Deployer;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * One run of the demonstration: the guest works, and in each round everything under it is swapped.
 *
 * @threading confined to the main thread
 */
final class Demonstration implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final long START_SECONDS = 60;
    private static final long END_SECONDS = 60;
    private static final String SAMPLE = "sample";

    private final Deployer deployer;
    private final List<Swappable> owners;
    private final CommandLine line;
    private final Machine machine;
    private final GuestReport guest;
    private final AutoCloseable attached;
    private final Tally tally = new Tally();

    Demonstration(Machines machines, Deployer deployer, List<Swappable> owners, CommandLine line, int cpus) {
        this.deployer = deployer;
        this.owners = owners;
        this.line = line;
        this.machine = machines.create(description(machines.standard("demo"), cpus));
        this.guest = new GuestReport(line.out());
        this.attached = machine.console().attach(guest);
    }

    private static MachineDescription description(MachineDescription base, int cpus) {
        var devices = new ArrayList<>(base.devices());
        if (devices.stream().noneMatch(device -> device.name().equals(SAMPLE))) {
            devices.add(sample());
        }
        var image = new MachineDescription.Image(Optional.empty(), "demo", "auto", 0, "", List.of());
        return new MachineDescription(base.name(), base.hypervisor(), base.memoryBytes(), cpus, Optional.of(image),
                devices, base.models(), base.behaviour(), base.deterministic(), base.queuedUpcall());
    }

    private static DeviceDescription sample() {
        return new DeviceDescription("org.cupule.sample", SAMPLE, "", Map.of(), Map.of(), "00:03.0", Map.of(), "");
    }

    /** {@return the exit status} */
    int run(int rounds) throws InterruptedException {
        machine.start();
        if (!guest.await(1, START_SECONDS)) {
            throw new HsmException(Errno.ETIMEDOUT, "demo",
                    "the guest said nothing of its work within %d s: %s".formatted(START_SECONDS, machine.status()));
        }
        for (int round = 1; round <= rounds; round++) {
            line.out().println("-- round %d of %d".formatted(round, rounds));
            round();
        }
        return finish();
    }

    private void round() throws InterruptedException {
        String vm = "vm" + machine.vm().vmid() + ".";
        move(vm + "com1");
        deploy(plugin("dev-sample-v2"));
        pause();
        deploy(bundle("dev-sample"));
        deploy(plugin("hw-lapic-v2"));
        pause();
        deploy(bundle("hw-lapic"));
        deploy(plugin("hw-ept-interval"));
        pause();
        deploy(bundle("hw-ept"));
        for (int cpu = 0; cpu < machine.vm().vcpuCount(); cpu++) {
            move(vm + "cpu" + cpu, "single-step");
        }
        pause();
        for (int cpu = 0; cpu < machine.vm().vcpuCount(); cpu++) {
            move(vm + "cpu" + cpu, "interpreter");
        }
        rollBack(plugin("dev-sample-faulty"));
        replug();
    }

    /** Waits until the guest has reported once more, so that each model really works for a while. */
    private void pause() throws InterruptedException {
        guest.await(guest.reports() + 1, START_SECONDS);
    }

    /** Moves an instance to a fresh one of its own model. */
    private void move(String target) {
        owner(target).targets().stream().filter(known -> known.name().equals(target)).findFirst()
                .ifPresent(known -> move(target, known.model().name()));
    }

    private void move(String target, String model) {
        tally.swap(() -> List.of(owner(target).swap(target, -1, model, DEADLINE)), line.out());
    }

    private void deploy(URI jar) {
        tally.swap(() -> deployer.swap(jar, DEADLINE).swaps(), line.out());
    }

    private void rollBack(URI jar) {
        tally.rollBack(() -> deployer.swap(jar, DEADLINE), line.out());
    }

    private void replug() throws InterruptedException {
        machine.unplug(SAMPLE);
        line.out().println("unplugged " + SAMPLE);
        pause();
        machine.plug(sample());
        line.out().println("plugged " + SAMPLE + " again");
        pause();
        tally.replugged();
    }

    private Swappable owner(String target) {
        return owners.stream()
                .filter(owner -> owner.targets().stream().anyMatch(known -> known.name().equals(target)))
                .findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENOENT, "demo", "there is no target " + target));
    }

    private URI plugin(String name) {
        return jar(line.plugins(), name);
    }

    private URI bundle(String name) {
        return jar(line.bundles(), name);
    }

    /** {@return the one jar of a folder whose name is this and perhaps a version} */
    private static URI jar(Path folder, String name) {
        String dotted = "org.cupule." + name.replace('-', '.');
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches(
                    "(" + Pattern.quote(name) + "|" + Pattern.quote(dotted)
                            + ")(-\\d.*)?\\.jar"))
                    .findFirst().map(Path::toUri)
                    .orElseThrow(() -> new HsmException(Errno.ENOENT, "demo",
                            "the jar of " + name + " is not in " + folder));
        } catch (IOException e) {
            throw new HsmException(Errno.ENOENT, "demo", folder + " cannot be read: " + e.getMessage(), e);
        }
    }

    private int finish() throws InterruptedException {
        machine.console().send(new byte[]{'q'}, 0, 1);
        String end;
        try {
            end = machine.outcome().toCompletableFuture().get(END_SECONDS, TimeUnit.SECONDS).cause();
        } catch (TimeoutException | ExecutionException e) {
            end = "did not end: " + machine.status();
        }
        IoRequests.Counters counters = machine.vm().ioRequests().counters();
        line.out().println();
        line.out().println(tally.table(counters, guest.verdict(), end));
        return tally.status(counters, guest.verdict(), end);
    }

    @Override
    public void close() {
        try {
            attached.close();
        } catch (Exception e) {
            line.err().println("cupule demo: " + e.getMessage());
        }
        machine.close();
    }
}

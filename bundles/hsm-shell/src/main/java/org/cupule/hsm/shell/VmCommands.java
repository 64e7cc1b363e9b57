package org.cupule.hsm.shell;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.Partition;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Commands for hypervisors, VMs and their lives.
 *
 * @threading any thread
 */
@Component(service = VmCommands.class, property = {"osgi.command.scope=hsm", "osgi.command.function=hypervisors",
        "osgi.command.function=vms", "osgi.command.function=vm", "osgi.command.function=create",
        "osgi.command.function=start", "osgi.command.function=pause", "osgi.command.function=reset",
        "osgi.command.function=destroy", "osgi.command.function=await", "osgi.command.function=console",
        "osgi.command.function=powerbutton", "osgi.command.function=type"})
public final class VmCommands {
    private final Platform platform;

    /** Made by the component runtime. */
    @Activate
    public VmCommands(@Reference Platform platform) {
        this.platform = platform;
    }

    /** Lists the hypervisors. */
    @Descriptor("lists the hypervisors, the default one first, with what they can; and those that this machine lacks")
    public String hypervisors() {
        var table = new Table("NAME", "VERSION", "VCPUS", "PROTOCOL", "DESCRIPTION");
        var abilities = new StringBuilder();
        for (HypervisorInfo info : platform.hsm().hypervisors()) {
            table.row(info.name(), info.version(), info.maxVcpus(), info.slotProtocol().name().toLowerCase(),
                    info.description());
            abilities.append('\n').append(info.name()).append(" can:");
            info.capabilities().stream().map(c -> c.name().toLowerCase()).sorted()
                    .forEach(ability -> abilities.append("\n  ").append(ability));
        }
        platform.hsm().absentHypervisors().forEach((name, reason) -> table.row(name, "-", "-", "-", reason));
        return table + "\n" + abilities;
    }

    /** Lists the VMs. */
    @Descriptor("lists the VMs, newest first")
    public Table vms() {
        var table = new Table("VM", "NAME", "HYPERVISOR", "STATE", "VCPUS", "REQUESTS", "STATUS");
        for (VirtualMachine vm : platform.hsm().machines()) {
            table.row(vm.vmid(), vm.name(), vm.hypervisor().name(), vm.state(), vm.vcpuCount(),
                    vm.ioRequests().counters().completed(),
                    platform.machineOf(vm).map(Machine::status).orElse("-"));
        }
        return table;
    }

    /** Shows all about one VM. */
    @Descriptor("shows what a VM is made of and how it fares")
    public String vm(@Descriptor("number or machine name") String vm) {
        VirtualMachine found = platform.vm(vm);
        var c = found.ioRequests().counters();
        return "%s (VM %d) on %s: %s%n%s%nrequests: posted %d, completed %d, lost %d, twice %d, unclaimed %d".formatted(
                found.name(), found.vmid(), found.hypervisor().name(), found.state(),
                String.join(System.lineSeparator(), found.describe()), c.posted(), c.completed(), c.lost(), c.twice(),
                c.unclaimed());
    }

    /** Makes a machine of a VM file or an image. */
    @Descriptor("makes a machine of a VM file (.json) or an image; it is not started")
    public String create(
            @Descriptor("memory, for an image: 64M, 1G") @Parameter(names = {"-m",
                    "--memory"}, absentValue = "64M") String memory,
            @Descriptor("processors, for an image") @Parameter(names = {"-c",
                    "--cpus"}, absentValue = "1") int cpus,
            @Descriptor("name of the machine, for an image") @Parameter(names = {"-n",
                    "--name"}, absentValue = "") String name,
            @Descriptor("VM file, image, or the name of a built-in guest") String what) {
        Machine machine = platform.machines().create(what.endsWith(".json")
                ? platform.machines().read(Path.of(what))
                : standard(what, name, memory, cpus));
        return "created %s as VM %d; start it with hsm:start %s".formatted(machine.name(), machine.vm().vmid(),
                machine.name());
    }

    private MachineDescription standard(String what, String name, String memory, int cpus) {
        MachineDescription base = platform.machines().standard(name.isEmpty()
                ? Path.of(what).getFileName().toString()
                : name);
        boolean builtin = what.matches("[a-z]+") && !Path.of(what).toFile().exists();
        var image = new MachineDescription.Image(builtin ? Optional.empty() : Optional.of(Path.of(what)),
                builtin ? what : "", "auto", 0, "", List.of());
        return new MachineDescription(base.name(), base.hypervisor(), bytes(memory), cpus, Optional.of(image),
                base.devices(), base.models(), base.behaviour(), base.deterministic(), base.queuedUpcall());
    }

    static long bytes(String text) {
        var match = Pattern.compile("(\\d{1,12})([KMG]?)", Pattern.CASE_INSENSITIVE)
                .matcher(text);
        if (!match.matches()) {
            throw new HsmException(Errno.EINVAL, "memory", "'" + text + "' is no size; write 64M or 1G");
        }
        long unit = Map.of("", 1L, "K", 1L << 10, "M", 1L << 20, "G", 1L << 30).get(match.group(2).toUpperCase());
        return Math.multiplyExact(Long.parseLong(match.group(1)), unit);
    }

    /** Starts a machine, or lets it go on. */
    @Descriptor("starts a VM, or lets a paused one go on")
    public String start(@Descriptor("number or machine name") String vm) {
        VirtualMachine found = platform.vm(vm);
        platform.machineOf(found).ifPresentOrElse(Machine::start, () -> {
            if (found.state() == Partition.State.PAUSED) {
                found.resume();
            } else {
                found.start();
            }
        });
        return vm + " runs";
    }

    /** Pauses. */
    @Descriptor("pauses a VM; returns when its vCPUs stand still")
    public String pause(@Descriptor("number or machine name") String vm) {
        VirtualMachine found = platform.vm(vm);
        platform.machineOf(found).ifPresentOrElse(Machine::pause, found::pause);
        return vm + " is paused; start lets it go on";
    }

    /** Resets. */
    @Descriptor("resets a machine, as its reset button does")
    public String reset(@Descriptor("number or machine name") String vm) {
        VirtualMachine found = platform.vm(vm);
        platform.machineOf(found).ifPresentOrElse(Machine::reset, () -> {
            found.pause();
            found.ioRequests().clear();
            found.reset();
        });
        return vm + " was reset";
    }

    /** Presses the power button. */
    @Descriptor("presses a machine's power button: its guest is asked to switch it off")
    public String powerbutton(@Descriptor("number or machine name") String vm) {
        VirtualMachine found = platform.vm(vm);
        platform.machineOf(found).orElseThrow(() -> new HsmException(Errno.EOPNOTSUPP, "power button",
                vm + " was not made as a machine and has no power button")).pressPowerButton();
        return "the guest of " + vm + " was asked to switch it off";
    }

    /** Destroys. */
    @Descriptor("destroys a VM, whatever it does")
    public String destroy(@Descriptor("number or machine name") String vm) {
        VirtualMachine found = platform.vm(vm);
        platform.machineOf(found).ifPresentOrElse(Machine::close, found::close);
        return vm + " is gone";
    }

    /** Waits for the end of a run. */
    @Descriptor("waits until a machine has ended, and tells how")
    public String await(
            @Descriptor("how many seconds at most") @Parameter(names = {"-t",
                    "--timeout"}, absentValue = "60") int seconds,
            @Descriptor("number or machine name") String vm) throws Exception {
        Machine machine = platform.machine(vm);
        if (machine.status().startsWith("created")) {
            throw new HsmException(Errno.EINVAL, "await", "%s was not started; start %s starts it".formatted(vm, vm));
        }
        try {
            Machine.Outcome outcome = machine.outcome().toCompletableFuture().get(seconds, TimeUnit.SECONDS);
            return "%s: %s, status %d%s".formatted(vm, outcome.cause(), outcome.status(),
                    outcome.report().isEmpty() ? "" : System.lineSeparator() + outcome.report());
        } catch (TimeoutException e) {
            throw new HsmException(Errno.ETIMEDOUT, "await", "%s still runs after %d s; give it longer with --timeout"
                    .formatted(vm, seconds), e);
        }
    }

    /** Shows the console's last output. */
    @Descriptor("shows the last output of a machine's console (at most 64 KiB)")
    public String console(@Descriptor("number or machine name") String vm) {
        return new String(platform.machine(vm).console().recent(), StandardCharsets.ISO_8859_1)
                .replace("\r\n", "\n");
    }

    /** Types a line into the console. */
    @Descriptor("types a line into a machine's console")
    public void type(@Descriptor("number or machine name") String vm, @Descriptor("the line") String line) {
        byte[] bytes = (line + "\r").getBytes(StandardCharsets.UTF_8);
        int taken = platform.machine(vm).console().send(bytes, 0, bytes.length);
        if (taken < bytes.length) {
            throw new HsmException(Errno.EAGAIN, "type",
                    "the console took %d of %d bytes; the guest does not read".formatted(taken, bytes.length));
        }
    }
}

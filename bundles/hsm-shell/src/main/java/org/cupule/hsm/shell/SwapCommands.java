package org.cupule.hsm.shell;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.swap.Deployer;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Commands for models, live instances, plug-ins and devices.
 *
 * @threading any thread
 */
@Component(service = SwapCommands.class, property = {"osgi.command.scope=hsm", "osgi.command.function=models",
        "osgi.command.function=targets", "osgi.command.function=devices", "osgi.command.function=plugins",
        "osgi.command.function=plug", "osgi.command.function=unplug", "osgi.command.function=swap",
        "osgi.command.function=deploy", "osgi.command.function=adddevice", "osgi.command.function=removedevice"})
public final class SwapCommands {
    private static final String DEADLINE = "2000";

    private final Platform platform;

    /** Made by the component runtime. */
    @Activate
    public SwapCommands(@Reference Platform platform) {
        this.platform = platform;
    }

    /** Lists the models that are offered. */
    @Descriptor("lists the hardware and device models that plug-ins offer, and how many live instances use each")
    public Table models() {
        var table = new Table("KIND", "MODEL", "BUNDLE", "USED BY", "DESCRIPTION");
        List<Swappable.Target> targets = targetList();
        platform.owners().stream().flatMap(owner -> owner.offers().stream()).distinct().forEach(offer -> table.row(
                offer.model().kind(), offer.model().id(), offer.bundle(),
                targets.stream().filter(target -> target.bundle() == offer.bundle()
                        && target.model().equals(offer.model())).map(Swappable.Target::name)
                        .collect(Collectors.joining(" ", "", " ")).strip(),
                offer.model().description()));
        return table;
    }

    /** Lists the live instances. */
    @Descriptor("lists the live instances of models: what hsm:swap can move")
    public Table targets() {
        var table = new Table("TARGET", "KIND", "MODEL", "BUNDLE", "STATUS");
        targetList().forEach(target -> table.row(target.name(), target.model().kind(), target.model().id(),
                target.bundle(), target.status()));
        return table;
    }

    private List<Swappable.Target> targetList() {
        return platform.owners().stream().flatMap(owner -> owner.targets().stream()).toList();
    }

    /** Moves one live instance to another model. */
    @Descriptor("moves a live instance to another model, while the guest runs")
    public String swap(
            @Descriptor("how long quiescing may take, in milliseconds") @Parameter(names = {"-d",
                    "--deadline"}, absentValue = DEADLINE) long deadlineMillis,
            @Descriptor("target, as hsm:targets lists it") String target,
            @Descriptor("model: name or name@version, as hsm:models lists it") String model) {
        return text(platform.ownerOf(target).swap(target, -1, model, Duration.ofMillis(deadlineMillis)));
    }

    /** Lists the plug-ins. */
    @Descriptor("lists the plug-ins: bundles that offer models, and who uses them")
    public Table plugins() {
        var table = new Table("BUNDLE", "NAME", "VERSION", "MODELS", "USED BY");
        platform.deployer().plugins().forEach(plugin -> table.row(plugin.bundle(), plugin.name(), plugin.version(),
                String.join(" ", plugin.models()), String.join(" ", plugin.users())));
        return table;
    }

    /** Installs a plug-in. */
    @Descriptor("installs a plug-in beside what is there")
    public String plug(@Descriptor("jar: a path or an address") String jar) {
        return text(platform.deployer().plug(location(jar)));
    }

    /** Replaces a plug-in. */
    @Descriptor("installs a plug-in, moves all live instances of its predecessor to it, and uninstalls that one; or leaves all as it was")
    public String deploy(
            @Descriptor("how long quiescing of each instance may take, in milliseconds") @Parameter(names = {"-d",
                    "--deadline"}, absentValue = DEADLINE) long deadlineMillis,
            @Descriptor("jar: a path or an address") String jar) {
        return text(platform.deployer().swap(location(jar), Duration.ofMillis(deadlineMillis)));
    }

    /** Uninstalls a plug-in. */
    @Descriptor("uninstalls a plug-in that nothing uses")
    public String unplug(
            @Descriptor("also when it is used: its devices float then, and a VM without hardware pauses") @Parameter(names = {
                    "-f", "--force"}, absentValue = "false", presentValue = "true") boolean force,
            @Descriptor("number, name, name@version, or how the name ends: sample") String plugin) {
        return text(platform.deployer().unplug(whole(plugin), force));
    }

    /** {@return the symbolic name that ends in a short one, where there is just one plug-in of that kind} */
    private String whole(String plugin) {
        List<String> found = platform.deployer().plugins().stream()
                .filter(known -> known.name().endsWith("." + plugin)).map(Deployer.Plugin::name).distinct().toList();
        return found.size() == 1 ? found.getFirst() : plugin;
    }

    /** Lists the devices of a machine. */
    @Descriptor("lists the devices of a machine, where they lie and how they fare")
    public Table devices(@Descriptor("number or machine name") String machine) {
        var table = new Table("DEVICE", "TYPE", "MODEL", "BUNDLE", "PLACE", "ACCESSES", "FAILURES", "STATUS");
        for (Machine.DeviceInfo device : platform.machine(machine).devices()) {
            table.row(device.name(), device.type(), device.model(), device.bundle(), device.place(), device.accesses(),
                    device.failures(), device.status());
        }
        return table;
    }

    /** Adds a device. */
    @Descriptor("adds a device to a machine, running or not: hsm:adddevice vm uart16550 com3 ports=0x3E8 irq=5")
    public void adddevice(@Descriptor("number or machine name") String machine,
            @Descriptor("type: a kind that hsm:models lists") String type, @Descriptor("name") String name,
            @Descriptor("window=address, line=gsi, pci=00:05.0, backend=file:PATH, option=value") String... settings) {
        platform.machine(machine).plug(describe(type, name, settings));
    }

    private static DeviceDescription describe(String type, String name, String[] settings) {
        var windows = new HashMap<String, Long>();
        var lines = new HashMap<String, Integer>();
        var options = new HashMap<String, String>();
        for (String setting : settings) {
            String[] pair = setting.split("=", 2);
            if (pair.length != 2) {
                throw new HsmException(Errno.EINVAL, "adddevice", "'" + setting + "' is not of the form name=value");
            }
            options.put(pair[0], pair[1]);
        }
        String pci = options.remove("pci");
        String backend = options.remove("backend");
        String model = options.remove("model");
        options.entrySet().removeIf(entry -> entry.getValue().matches("0x[0-9a-fA-F]+")
                && windows.put(entry.getKey(), InspectCommands.number(entry.getValue())) == null);
        options.entrySet().removeIf(entry -> entry.getKey().startsWith("irq")
                && lines.put(entry.getKey(), (int) InspectCommands.number(entry.getValue())) == null);
        return new DeviceDescription(type, name, model == null ? "" : model, windows, lines, pci == null ? "" : pci,
                Map.copyOf(options), backend == null ? "" : backend);
    }

    /** Removes a device. */
    @Descriptor("takes a device out of a machine; its accesses float afterwards")
    public void removedevice(@Descriptor("number or machine name") String machine,
            @Descriptor("device") String device) {
        platform.machine(machine).unplug(device);
    }

    private static URI location(String jar) {
        return jar.matches("[a-z]{2,}:.*") ? URI.create(jar) : Path.of(jar).toAbsolutePath().toUri();
    }

    private static String text(Deployer.Deployment done) {
        return String.join(System.lineSeparator(), done.steps())
                + done.swaps().stream().map(report -> System.lineSeparator() + text(report))
                        .collect(Collectors.joining());
    }

    static String text(SwapReport report) {
        return "%s: %s -> %s, state %s v%d (%d fields), pause %d us, %d requests waited".formatted(report.target(),
                report.from().id(), report.to().id(), report.stateKind(), report.stateVersion(), report.stateFields(),
                report.pauseNanos() / 1000, report.waiting());
    }
}

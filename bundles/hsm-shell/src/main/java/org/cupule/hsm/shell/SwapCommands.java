package org.cupule.hsm.shell;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.swap.Deployer;
import org.cupule.swap.Leak;
import org.cupule.swap.PluginEvent;
import org.cupule.swap.PluginState;
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
        "osgi.command.function=deploy", "osgi.command.function=leaks", "osgi.command.function=stuck",
        "osgi.command.function=pluginlog", "osgi.command.function=adddevice", "osgi.command.function=removedevice"})
public final class SwapCommands {
    private static final String DEADLINE = "2000";
    /** How the frames of the JDK's own classes begin. */
    private static final String JDK = "java.";
    /** Of those that are not installed; what was refused or is gone is in the log. */
    private static final Set<PluginState> SHOWN = Set.of(PluginState.UNINSTALLED, PluginState.LEAKED,
            PluginState.FAILED, PluginState.MISSING, PluginState.REFUSED);

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
        var table = new Table("BUNDLE", "NAME", "VERSION", "STATE", "SHA-256", "MODELS", "USED BY");
        List<Deployer.Plugin> installed = platform.deployer().plugins();
        installed.forEach(plugin -> table.row(plugin.bundle(), plugin.name(), plugin.version(), plugin.state(),
                brief(plugin.sha256()), String.join(" ", plugin.models()), String.join(" ", plugin.users())));
        notInstalled(installed).forEach(event -> table.row("-", name(event), version(event), event.state(),
                brief(event.sha256()), event.detail(), ""));
        return table;
    }

    /** {@return the last step of each plug-in that is not there, and did not just go} */
    private List<PluginEvent> notInstalled(List<Deployer.Plugin> installed) {
        var last = new LinkedHashMap<String, PluginEvent>();
        platform.deployer().events().forEach(event -> last.put(event.plugin() + event.sha256(), event));
        return last.values().stream().filter(event -> SHOWN.contains(event.state())).filter(event -> installed.stream()
                .noneMatch(plugin -> plugin.sha256().equals(event.sha256()) && !event.sha256().isEmpty())).toList();
    }

    private static String name(PluginEvent event) {
        return event.plugin().split("@", 2)[0];
    }

    private static String version(PluginEvent event) {
        int at = event.plugin().indexOf('@');
        return at < 0 ? "" : event.plugin().substring(at + 1);
    }

    private static String brief(String sha256) {
        return sha256.substring(0, Math.min(8, sha256.length()));
    }

    /** Tells the steps of plug-ins. */
    @Descriptor("tells the last steps of plug-ins on their way in and out")
    public Table pluginlog() {
        var table = new Table("WHEN", "OPERATION", "PLUGIN", "STATE", "DETAIL");
        platform.deployer().events().forEach(event -> table.row(
                LocalTime.ofInstant(event.at(), ZoneId.systemDefault()).truncatedTo(ChronoUnit.MILLIS),
                event.operation(), event.plugin(), event.state(), event.detail()));
        return table;
    }

    /** Names what holds uninstalled plug-ins. */
    @Descriptor("names what holds the class loaders of uninstalled plug-ins, by the path from a root of the heap; guests stand still for a moment")
    public String leaks() {
        List<Leak> leaks = platform.deployer().leaks();
        return leaks.isEmpty()
                ? "nothing: the class loaders of all uninstalled plug-ins are collected"
                : leaks.stream().map(leak -> "%s is held by a %s: %s%n  %s".formatted(leak.plugin(), leak.kind(),
                        leak.advice(), String.join(System.lineSeparator() + "  ", leak.path()))).collect(
                                Collectors.joining(System.lineSeparator()));
    }

    /** Names the threads that are stuck in plug-ins. */
    @Descriptor("names the threads that were left behind in plug-ins and have not come back: Java cannot end them")
    public Table stuck() {
        var table = new Table("WHERE", "THREAD", "SINCE", "AT");
        platform.deployer().stuck().forEach(thread -> table.row(thread.where(), thread.thread(),
                LocalTime.ofInstant(thread.since(), ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS),
                place(thread.stack())));
        return table;
    }

    /**
     * {@return what a thread does, and from where in the plug-in: its first frame, and the first two not of the JDK}
     */
    static String place(List<String> stack) {
        return Stream.concat(stack.stream().limit(1), stack.stream().skip(1).filter(frame -> !frame.startsWith(JDK))
                .limit(2)).collect(Collectors.joining(" < "));
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
    @Descriptor("takes a device out of a machine, when its guest has let go of it where it listens to a hot-plug controller; its accesses float afterwards")
    public void removedevice(
            @Descriptor("at once, as if it was pulled out") @Parameter(names = {"-f",
                    "--force"}, presentValue = "true", absentValue = "false") boolean force,
            @Descriptor("seconds that the guest may take") @Parameter(names = {"-t",
                    "--timeout"}, absentValue = "30") int seconds,
            @Descriptor("number or machine name") String machine, @Descriptor("device") String device) {
        if (force) {
            platform.machine(machine).unplug(device);
        } else {
            platform.machine(machine).unplug(device, Duration.ofSeconds(seconds));
        }
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

package org.cupule.hsm.shell;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.cupule.conformance.DeviceTck;
import org.cupule.fault.FaultKind;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.machine.Machine;
import org.cupule.swap.Deployer;
import org.cupule.swap.Swappable;
import org.cupule.types.HsmException;
import org.osgi.framework.BundleContext;

/**
 * What may stand in a place of a command, as the platform is now.
 *
 * @threading any thread
 */
final class Words {
    /** How the setting of a device begins whose content is a file of the host. */
    private static final String BACKEND = "backend=file:";

    private final Platform platform;
    private final BundleContext context;

    Words(Platform platform, BundleContext context) {
        this.platform = platform;
        this.context = context;
    }

    /**
     * {@return the words for an argument; none where nobody can know, or where a service is missing}
     *
     * @param key
     *            the argument's name
     * @param before
     *            the arguments before it, by their names; of one that is repeated, the first
     * @param begun
     *            the word that stands there already, up to the cursor
     */
    List<String> of(String key, Map<String, String> before, String begun) {
        try {
            return words(key, before, begun).distinct().toList();
        } catch (HsmException e) {
            return List.of();
        }
    }

    private Stream<String> words(String key, Map<String, String> before, String begun) {
        return switch (key) {
            case "vm" -> platform.hsm().machines().stream().map(this::name);
            case "machine" -> machines();
            case "vcpu" -> IntStream.range(0, platform.vm(before.getOrDefault("vm", "")).vcpuCount())
                    .mapToObj(String::valueOf);
            case "target" -> targets().map(Swappable.Target::name);
            case "model" -> models(before.getOrDefault("target", ""));
            case "subject" -> Stream.concat(targets().map(Swappable.Target::name),
                    offers().map(offer -> offer.model().id()));
            case "check" -> platform.deviceTck().checks().stream().map(DeviceTck.Check::name);
            case "type" -> offers().map(offer -> offer.model().kind());
            case "device" -> platform.machine(before.getOrDefault("machine", "")).devices().stream()
                    .map(Machine.DeviceInfo::name);
            case "plugin" -> platform.deployer().plugins().stream().map(Deployer.Plugin::name);
            case "hypervisor" -> platform.hsm().hypervisors().stream().map(HypervisorInfo::name);
            case "operation" -> Stream.of("high", "low", "pulse", "fall");
            case "command" -> Manual.of(context).names().stream();
            case "what", "jar" -> FileNames.of(begun);
            case "faultAction" -> Stream.of("add", "list", "remove");
            case "faultWords" -> fault(before);
            case "action" -> Stream.of("check", "save", "restore");
            case "arguments" -> snapshot(before, begun);
            case "settings" -> setting(begun);
            case "configurable" -> Stream.concat(Settings.all(platform, context).stream().map(Settings::pid),
                    targets().map(Swappable.Target::name));
            case "assignments" ->
                Settings.of(platform, context, before.getOrDefault("configurable", "")).list().stream()
                        .flatMap(setting -> assignment(setting, begun));
            default -> Stream.of();
        };
    }

    /** The first word after {@code add} is a target, the next a kind; after {@code remove} comes a number. */
    private Stream<String> fault(Map<String, String> before) {
        boolean first = !before.containsKey("faultWords");
        return switch (before.getOrDefault("faultAction", "")) {
            case "add" -> first
                    ? targets().map(Swappable.Target::name)
                    : Stream.of(FaultKind.values()).map(FaultKind::word);
            case "remove" -> platform.faults().faults().stream().map(fault -> String.valueOf(fault.number()));
            default -> Stream.of();
        };
    }

    private Stream<String> machines() {
        return platform.machines().machines().stream().map(Machine::name);
    }

    /** The first word after {@code check} and {@code save} is a machine. */
    private Stream<String> snapshot(Map<String, String> before, String begun) {
        boolean first = !before.containsKey("arguments");
        return switch (before.getOrDefault("action", "")) {
            case "check" -> first ? machines() : Stream.of();
            case "save" -> first ? machines() : FileNames.of(begun);
            case "restore" -> first ? FileNames.of(begun) : Stream.of();
            default -> Stream.of();
        };
    }

    private static Stream<String> setting(String begun) {
        return begun.startsWith(BACKEND)
                ? FileNames.of(begun.substring(BACKEND.length())).map(BACKEND::concat)
                : Stream.of();
    }

    /** {@return the beginning of an assignment; after it, the values to choose from} */
    private static Stream<String> assignment(Setting setting, String begun) {
        String beginning = setting.name() + "=";
        return begun.startsWith(beginning) ? setting.choices().stream().map(beginning::concat) : Stream.of(beginning);
    }

    private String name(VirtualMachine vm) {
        return platform.machineOf(vm).map(Machine::name).orElse(String.valueOf(vm.vmid()));
    }

    private Stream<Swappable.Target> targets() {
        return platform.owners().stream().flatMap(owner -> owner.targets().stream());
    }

    private Stream<Swappable.Offer> offers() {
        return platform.owners().stream().flatMap(owner -> owner.offers().stream());
    }

    /** {@return the models that a target could have, others than its own} */
    private Stream<String> models(String target) {
        return targets().filter(known -> known.name().equals(target)).flatMap(known -> platform.ownerOf(target)
                .offers().stream().filter(offer -> offer.model().kind().equals(known.model().kind()))
                .filter(offer -> !offer.model().equals(known.model()) || offer.bundle() != known.bundle())
                .map(offer -> offer.model().id()));
    }
}

package org.cupule.hsm.shell;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
     *            the arguments before it, by their names
     */
    List<String> of(String key, Map<String, String> before) {
        try {
            return words(key, before).distinct().toList();
        } catch (HsmException e) {
            return List.of();
        }
    }

    private Stream<String> words(String key, Map<String, String> before) {
        return switch (key) {
            case "vm" -> platform.hsm().machines().stream().map(this::name);
            case "machine" -> platform.machines().machines().stream().map(Machine::name);
            case "vcpu" -> IntStream.range(0, platform.vm(before.getOrDefault("vm", "")).vcpuCount())
                    .mapToObj(String::valueOf);
            case "target" -> targets().map(Swappable.Target::name);
            case "model" -> models(before.getOrDefault("target", ""));
            case "type" -> offers().map(offer -> offer.model().kind());
            case "device" -> platform.machine(before.getOrDefault("machine", "")).devices().stream()
                    .map(Machine.DeviceInfo::name);
            case "plugin" -> platform.deployer().plugins().stream().map(Deployer.Plugin::name);
            case "hypervisor" -> platform.hsm().hypervisors().stream().map(HypervisorInfo::name);
            case "operation" -> Stream.of("high", "low", "pulse", "fall");
            case "command" -> Manual.of(context).names().stream();
            default -> Stream.of();
        };
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

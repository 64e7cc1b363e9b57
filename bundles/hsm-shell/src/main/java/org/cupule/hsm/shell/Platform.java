package org.cupule.hsm.shell;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.cupule.conformance.DeviceTck;
import org.cupule.fault.FaultInjector;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VirtualMachine;
import org.cupule.machine.Machine;
import org.cupule.machine.Machines;
import org.cupule.swap.Deployer;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.MetaTypeService;

/**
 * The services behind the commands. Each may be missing for a while; then a command says which one.
 *
 * @threading any thread
 */
@Component(service = Platform.class)
public final class Platform {
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable HypervisorServiceModule hsm;
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable Machines machines;
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable Deployer deployer;
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable DeviceTck deviceTck;
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable FaultInjector faults;
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable ConfigurationAdmin configurations;
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    private volatile @Nullable MetaTypeService metaTypes;
    private final List<Swappable> owners = new CopyOnWriteArrayList<>();

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addSwappable(Swappable owner) {
        owners.add(owner);
    }

    void removeSwappable(Swappable owner) {
        owners.remove(owner);
    }

    HypervisorServiceModule hsm() {
        return present(hsm, "HSM", "org.cupule.hsm.impl");
    }

    Machines machines() {
        return present(machines, "machine service", "org.cupule.machine");
    }

    Deployer deployer() {
        return present(deployer, "deployer", "org.cupule.deployer");
    }

    DeviceTck deviceTck() {
        return present(deviceTck, "device TCK", "org.cupule.device.tck");
    }

    FaultInjector faults() {
        return present(faults, "fault injector", "org.cupule.machine");
    }

    ConfigurationAdmin configurations() {
        return present(configurations, "keeper of settings", "org.apache.felix.configadmin");
    }

    MetaTypeService metaTypes() {
        return present(metaTypes, "description of settings", "org.apache.felix.metatype");
    }

    List<Swappable> owners() {
        return owners;
    }

    /** {@return the machine of a name, if this VM was made by the machine service} */
    Optional<Machine> machineOf(VirtualMachine vm) {
        Machines service = machines;
        return service == null
                ? Optional.empty()
                : service.machines().stream().filter(machine -> machine.vm().equals(vm)).findFirst();
    }

    Machine machine(String name) {
        return machines().machine(name).or(() -> byNumber(name).flatMap(this::machineOf))
                .orElseThrow(() -> unknown("machine", name, machines().machines().stream().map(Machine::name).collect(
                        Collectors.joining(", "))));
    }

    /** {@return the VM of this number, or of the machine of this name} */
    VirtualMachine vm(String wanted) {
        return byNumber(wanted).or(() -> machines().machine(wanted).map(Machine::vm))
                .orElseThrow(
                        () -> unknown("VM", wanted, hsm().machines().stream().map(vm -> vm.vmid() + " (" + vm.name()
                                + ")").collect(Collectors.joining(", "))));
    }

    private Optional<VirtualMachine> byNumber(String wanted) {
        return wanted.matches("\\d{1,5}") ? hsm().machine(Integer.parseInt(wanted)) : Optional.empty();
    }

    Swappable ownerOf(String target) {
        return owners.stream()
                .filter(owner -> owner.targets().stream().anyMatch(known -> known.name().equals(target)))
                .findFirst()
                .orElseThrow(() -> unknown("target", target, owners.stream().flatMap(owner -> owner.targets().stream())
                        .map(Swappable.Target::name).collect(Collectors.joining(", "))));
    }

    private static HsmException unknown(String what, String wanted, String there) {
        return new HsmException(Errno.ENOENT, "shell", "there is no %s '%s'; there %s".formatted(what, wanted,
                there.isEmpty() ? "is none at all" : "are: " + there));
    }

    private static <T> T present(@Nullable T service, String what, String bundle) {
        if (service == null) {
            throw new HsmException(Errno.ENODEV, "shell",
                    "the %s is not there; is the bundle %s started? (lb lists the bundles)".formatted(what, bundle));
        }
        return service;
    }
}

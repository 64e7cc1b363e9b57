package org.cupule.hsm.impl;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.cupule.host.Host;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.impl.host.PresentHost;
import org.cupule.hsm.impl.servicevm.CpuRemoval;
import org.cupule.hsm.impl.whiteboard.Whiteboard;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.cupule.hsm.memory.LentMemory;
import org.cupule.hsm.servicevm.ServiceVm;
import org.cupule.hsm.snapshot.RamContent;
import org.cupule.hypervisor.AbsentHypervisor;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.state.ModelState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HSM over whatever hypervisors there are. Hypervisors come and go without the component being deactivated; a VM
 * keeps the partition that it was made on.
 *
 * @threading any thread
 */
@Component(service = HypervisorServiceModule.class)
public final class RoutingHsm implements HypervisorServiceModule {
    private static final Logger LOG = LoggerFactory.getLogger(RoutingHsm.class);
    private static final String RANKING = "service.ranking";

    private record Backend(Hypervisor hypervisor, int ranking) {
    }

    private final List<HostedVm> machines = new CopyOnWriteArrayList<>();
    private final PresentHost host = new PresentHost();
    private final Whiteboard whiteboard = new Whiteboard(machines);
    private final ReentrantLock removingCpu = new ReentrantLock();
    private final List<AbsentHypervisor> absent = new CopyOnWriteArrayList<>();
    private volatile List<Backend> backends = List.of();
    private volatile boolean stopped;

    /** Makes an HSM without hypervisors. */
    public RoutingHsm() {
        // Hypervisors are bound one by one.
    }

    /** Adds a hypervisor; the highest ranking is the default one, among equals the first that came. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public synchronized void bind(Hypervisor hypervisor, Map<String, Object> properties) {
        int ranking = properties.get(RANKING) instanceof Integer number ? number : 0;
        List<Backend> next = new ArrayList<>(backends);
        next.add(new Backend(hypervisor, ranking));
        next.sort((a, b) -> Integer.compare(b.ranking, a.ranking));
        backends = List.copyOf(next);
    }

    /** Forgets a hypervisor: no VMs are made on it any more. */
    public synchronized void unbind(Hypervisor hypervisor) {
        backends = backends.stream().filter(backend -> backend.hypervisor != hypervisor).toList();
    }

    /** Hears why a hypervisor is not there. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void bindAbsent(AbsentHypervisor hypervisor) {
        absent.add(hypervisor);
    }

    /** Hears that the reason is gone. */
    public void unbindAbsent(AbsentHypervisor hypervisor) {
        absent.remove(hypervisor);
    }

    /** Takes memory and event counters from a host; the best one that is there. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    public void bindHost(Host now) {
        host.came(now);
    }

    /** Goes on without it; what was made with it stays. */
    public void unbindHost(Host before) {
        host.went(before);
    }

    /** Attaches a client of I/O requests to the VMs that it wants. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void bindClient(IoRequestClient client, Map<String, Object> properties) {
        whiteboard.came(client, properties);
    }

    /** Takes the changed properties of a client. */
    public void updatedClient(IoRequestClient client, Map<String, Object> properties) {
        whiteboard.changed(client, properties);
    }

    /** Detaches a client from all VMs; no request is lost. */
    public void unbindClient(IoRequestClient client) {
        whiteboard.left(client);
    }

    /** A changed configuration: there are no settings, and VMs must not end for it. */
    @Modified
    public void modified() {
        // what the framework would otherwise answer with a new component
    }

    /** Destroys all VMs: they cannot outlive the HSM. */
    @Deactivate
    public void deactivate() {
        stopped = true; // before the list is read: partner in create()
        for (HostedVm vm : machines) {
            try {
                vm.close();
            } catch (RuntimeException | Error failure) {
                LOG.error("a VM could not be destroyed when the HSM was stopped", failure);
            }
        }
    }

    @Override
    public List<HypervisorInfo> hypervisors() {
        return backends.stream().map(backend -> backend.hypervisor.info()).toList();
    }

    @Override
    public Map<String, List<ModelInfo>> hardware(String name) {
        return backends.stream().map(Backend::hypervisor).filter(hypervisor -> hypervisor.info().name().equals(name))
                .findFirst().map(Hypervisor::hardware).orElse(Map.of());
    }

    @Override
    public Map<String, String> absentHypervisors() {
        Map<String, String> reasons = new TreeMap<>();
        absent.forEach(hypervisor -> reasons.put(hypervisor.name(), hypervisor.reason()));
        return reasons;
    }

    @Override
    public VirtualMachine create(VmCreation creation) {
        return made(creation, null);
    }

    @Override
    public VirtualMachine create(VmCreation creation, Supplier<LentMemory> page) {
        return made(creation, page);
    }

    private VirtualMachine made(VmCreation creation, @Nullable Supplier<LentMemory> page) {
        Hypervisor hypervisor = choose(creation.hypervisor());
        return announced(new VmMaker(creation, hypervisor, host, page, this::forget).make());
    }

    @Override
    public VirtualMachine restore(VmCreation creation, Map<String, ModelState> states, RamContent content) {
        HostedVm vm = new VmMaker(creation, choose(creation.hypervisor()), host, null, this::forget).make();
        try {
            vm.data().restore(states, content);
        } catch (RuntimeException | Error failure) {
            vm.close();
            throw failure instanceof HsmException told
                    ? told
                    : new HsmException(Errno.EINVAL, "restore", "VM '%s' cannot be restored: %s".formatted(
                            creation.name(), failure), failure);
        }
        return announced(vm);
    }

    /** From now on everybody sees it. */
    private VirtualMachine announced(HostedVm vm) {
        machines.addFirst(vm);
        whiteboard.came();
        if (stopped) {
            vm.close();
            throw new HsmException(Errno.ENODEV, "create", "the HSM has been stopped");
        }
        LOG.info("VM '{}' created: id {}, {} vCPUs on {}", vm.name(), vm.vmid(), vm.vcpuCount(),
                vm.hypervisor().name());
        return vm;
    }

    private void forget(HostedVm vm) {
        machines.remove(vm);
        whiteboard.gone(vm);
    }

    @Override
    public ServiceVm serviceVm(String hypervisor) {
        return new CpuRemoval(choose(hypervisor), removingCpu);
    }

    private Hypervisor choose(String wanted) {
        List<Backend> present = backends;
        for (Backend backend : present) {
            if (wanted.isEmpty() || backend.hypervisor.info().name().equals(wanted)) {
                return backend.hypervisor;
            }
        }
        List<String> names = present.stream().map(backend -> backend.hypervisor.info().name()).toList();
        throw new HsmException(Errno.ENODEV, "create",
                wanted.isEmpty()
                        ? "there is no hypervisor; install a bundle that has one, such as hv-sim"
                        : "there is no hypervisor '" + wanted + "'" + why(wanted) + "; there are " + names);
    }

    private String why(String wanted) {
        String reason = absentHypervisors().get(wanted);
        return reason == null ? "" : ": " + reason;
    }

    @Override
    public List<VirtualMachine> machines() {
        return List.copyOf(machines);
    }

    @Override
    public Optional<VirtualMachine> machine(int vmid) {
        for (HostedVm vm : machines) {
            if (vm.partition().vmid() == vmid) {
                return Optional.of(vm);
            }
        }
        return Optional.empty();
    }
}

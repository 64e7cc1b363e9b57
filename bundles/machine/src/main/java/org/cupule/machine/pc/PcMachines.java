package org.cupule.machine.pc;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.cupule.device.DeviceFactory;
import org.cupule.fault.FaultInjector;
import org.cupule.fault.FaultSpec;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.machine.Explanation;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.Machines;
import org.cupule.machine.description.DescriptionCheck;
import org.cupule.machine.description.Faults;
import org.cupule.machine.description.VmFile;
import org.cupule.machine.device.CallWatch;
import org.cupule.machine.device.Catalogue;
import org.cupule.machine.device.DeviceEvent;
import org.cupule.machine.device.DeviceListener;
import org.cupule.machine.device.DeviceOffer;
import org.cupule.machine.device.Devices;
import org.cupule.machine.device.Oversight;
import org.cupule.machine.device.PciOffer;
import org.cupule.machine.device.Policy;
import org.cupule.machine.device.StuckThreads;
import org.cupule.machine.explain.MachineNeeds;
import org.cupule.machine.explain.Promises;
import org.cupule.machine.loader.LoadPlan;
import org.cupule.machine.loader.Loaders;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.machine.snapshot.SnapshotReader;
import org.cupule.pci.PciBusFactory;
import org.cupule.swap.Rescuer;
import org.cupule.swap.StuckThread;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.ComponentServiceObjects;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes machines, and keeps them: no plug-in that comes or goes stops this component.
 *
 * @threading any thread
 */
@Component(service = {Machines.class, Swappable.class, FaultInjector.class}, configurationPid = "org.cupule.machine")
@Designate(ocd = PcMachines.Settings.class)
public final class PcMachines implements Machines, Swappable, FaultInjector {
    /** Platform settings of machines. */
    @ObjectClassDefinition(name = "Cupule machines", description = "How devices that fail, leave or do not come to rest are dealt with")
    public @interface Settings {
        /** Failed calls in a row after which a device is quarantined. */
        @AttributeDefinition(description = "Failed calls in a row after which a device is quarantined (at least 1)", min = "1")
        int failures_in_row() default 10;

        /** How long a device may take to come to rest, in milliseconds. */
        @AttributeDefinition(description = "How long a device may take to come to rest, in milliseconds", min = "1")
        long quiesce_millis() default 2000;

        /** How long accesses wait for a device whose plug-in went away, in milliseconds. */
        @AttributeDefinition(description = "How long accesses wait for a device whose plug-in went away, in milliseconds", min = "0")
        long grace_millis() default 2000;

        /** How long a call may be in a device, in milliseconds. */
        @AttributeDefinition(description = "How long a call may be in a device before the guest goes on without it, in milliseconds", min = "1")
        long call_millis() default 1000;
    }

    private static final Logger LOG = LoggerFactory.getLogger(PcMachines.class);

    private final AtomicInteger faultNumbers = new AtomicInteger();
    private final List<PcMachine> machines = new CopyOnWriteArrayList<>();
    private volatile Catalogue catalogue = new Catalogue(List.of());
    private volatile List<PciOffer> buses = List.of();
    private volatile Policy policy = Policy.STANDARD;
    private final CallWatch watch = new CallWatch(() -> policy);
    private final StuckThreads stuck = new StuckThreads();
    private final List<DeviceListener> listeners = new CopyOnWriteArrayList<>();
    private final List<ComponentServiceObjects<Rescuer>> rescuers = new CopyOnWriteArrayList<>();
    private final Oversight oversight = new Oversight() {
        @Override
        public Policy get() {
            return policy;
        }

        @Override
        public void quarantined(String target) {
            rescuers.forEach(rescuer -> tell(rescuer, target));
        }

        @Override
        public void leftBehind(String where, Thread thread) {
            stuck.add(where, thread);
        }

        @Override
        public void changed(DeviceEvent event) {
            listeners.forEach(listener -> tell(listener, event));
        }
    };
    private volatile Promises promises = Promises.NONE;

    private volatile @Nullable HypervisorServiceModule hsm;

    /** Takes settings, the first ones or others; machines that are there go on, and obey them. */
    @Activate
    @Modified
    void configure(BundleContext context, Settings settings) {
        promises = new Promises(context);
        configure(settings);
    }

    /** Takes settings; without a framework, as in tests, nobody knows of plug-ins that are not started. */
    void configure(Settings settings) {
        policy = new Policy(Math.max(1, settings.failures_in_row()),
                Duration.ofMillis(Math.max(1, settings.quiesce_millis())),
                Duration.ofMillis(Math.max(0, settings.grace_millis())),
                Duration.ofMillis(Math.max(1, settings.call_millis())));
    }

    /** The HSM is there. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    void bindHsm(HypervisorServiceModule present) {
        hsm = present;
    }

    /** The HSM goes away: no machine can be made any more. */
    void unbindHsm(HypervisorServiceModule gone) {
        hsm = hsm == gone ? null : hsm;
    }

    /** A plug-in offers devices. One that fails to say what is left out. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindDeviceFactory(DeviceFactory factory, Map<String, Object> properties) {
        long bundle = bundle(properties);
        try {
            DeviceOffer offer = stuck.ask("offer of bundle " + bundle, policy.quiesce(),
                    () -> DeviceOffer.of(factory, bundle));
            if (offer == null) {
                LOG.error("the device factory {} of bundle {} cannot be used: it does not end telling what it offers",
                        factory.getClass().getName(), bundle);
            } else {
                offer(offer);
            }
        } catch (RuntimeException e) {
            LOG.error("the device factory {} of bundle {} cannot be used: {}", factory.getClass().getName(), bundle,
                    e.getMessage());
        }
    }

    private synchronized void offer(DeviceOffer offer) {
        catalogue = catalogue.with(offer);
        machines.forEach(machine -> machine.chassis().devices().comeBack(catalogue));
    }

    private static long bundle(Map<String, Object> properties) {
        return properties.get(Constants.SERVICE_BUNDLEID) instanceof Long id ? id : -1;
    }

    /**
     * Somebody helps devices in quarantine; who may use this component, and so is only got when there is something to
     * tell.
     */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindRescuer(ComponentServiceObjects<Rescuer> rescuer) {
        rescuers.add(rescuer);
    }

    void unbindRescuer(ComponentServiceObjects<Rescuer> rescuer) {
        rescuers.removeIf(known -> known.getServiceReference().equals(rescuer.getServiceReference()));
    }

    private void tell(ComponentServiceObjects<Rescuer> objects, String target) {
        Rescuer rescuer = objects.getService();
        if (rescuer != null) {
            try {
                rescuer.quarantined(this, target);
            } finally {
                objects.ungetService(rescuer);
            }
        }
    }

    /** Somebody wants to know how devices come and go. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindDeviceListener(DeviceListener listener) {
        listeners.add(listener);
    }

    void unbindDeviceListener(DeviceListener listener) {
        listeners.remove(listener);
    }

    private static void tell(DeviceListener listener, DeviceEvent event) {
        try {
            listener.changed(event);
        } catch (RuntimeException | LinkageError e) {
            LOG.warn("a listener of devices failed: {}", e.toString());
        }
    }

    @Override
    public List<StuckThread> stuck() {
        return stuck.list();
    }

    /** A plug-in goes away: its devices are parked, or go on with another model that reads their state. */
    synchronized void unbindDeviceFactory(DeviceFactory factory) {
        catalogue = catalogue.without(factory);
        machines.forEach(machine -> machine.chassis().devices().park(factory));
        machines.forEach(machine -> machine.chassis().devices().comeBack(catalogue));
    }

    /** A plug-in offers PCI buses. One that fails to say what is left out. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    synchronized void bindPciBusFactory(PciBusFactory factory, Map<String, Object> properties) {
        try {
            buses = Stream.concat(buses.stream(), Stream.of(PciOffer.of(factory, bundle(properties))))
                    .sorted(PciOffer.ORDER)
                    .toList();
            machines.forEach(machine -> machine.chassis().devices().comeBack(buses));
        } catch (RuntimeException | LinkageError e) {
            LOG.error("the PCI bus factory {} cannot be used: {}", factory.getClass().getName(), e.toString());
        }
    }

    /** A plug-in of PCI buses goes away. */
    synchronized void unbindPciBusFactory(PciBusFactory factory) {
        buses = buses.stream().filter(offer -> offer.factory() != factory).toList();
        machines.forEach(machine -> machine.chassis().devices().leaveBus(factory, buses));
    }

    @Deactivate
    void deactivate() {
        machines.forEach(this::closeQuietly);
    }

    private void closeQuietly(PcMachine machine) {
        try {
            machine.close();
        } catch (RuntimeException e) {
            LOG.error("closing machine {} failed: {}", machine.name(), e.getMessage());
        }
    }

    @Override
    public MachineDescription read(Path file) {
        return vmFile(file).read();
    }

    private VmFile vmFile(Path file) {
        String name = file.getFileName().toString();
        HypervisorServiceModule present = hsm;
        return new VmFile(file, standard(name.endsWith(".json") ? name.substring(0, name.length() - 5) : name),
                catalogue,
                present == null ? List.of() : present.hypervisors().stream().map(HypervisorInfo::name).toList(),
                present == null ? List.of() : present.absentHypervisors().keySet());
    }

    @Override
    public Explanation explain(Path file) {
        return new MachineNeeds(catalogue, buses, Optional.ofNullable(hsm), promises).of(vmFile(file));
    }

    @Override
    public MachineDescription standard(String name) {
        return StandardPc.describe(name, catalogue);
    }

    @Override
    public Machine create(MachineDescription description) {
        refuseTaken("create", description.name());
        check("create", description);
        var layout = new MemoryLayout(description.memoryBytes());
        Optional<LoadPlan> plan = description.image()
                .map(image -> Loaders.plan(ImageFiles.request(image, layout, Firmware.rsdp(description))));
        VirtualMachine vm = vm(description);
        try {
            var machine = new PcMachine(description, vm, (made, requests) -> new Chassis(made, description, plan,
                    () -> catalogue, buses, oversight, requests), this::gone);
            return announced(machine);
        } catch (RuntimeException e) {
            vm.close();
            throw e;
        }
    }

    @Override
    public Machine restore(Path file) {
        try (SnapshotReader snapshot = SnapshotReader.open(file)) {
            SavedMachine saved = SavedMachine.of(snapshot.states());
            MachineDescription description = saved.description();
            refuseTaken("restore", description.name());
            check("restore", Restoring.resolved(saved, catalogue));
            VirtualMachine vm = unwrapped(() -> requireHsm().restore(creation(description), saved.vm(), snapshot));
            try {
                snapshot.end();
                var machine = new PcMachine(description, vm, (made, requests) -> new Chassis(made, saved,
                        () -> catalogue, buses, oversight, requests), this::gone).paused(saved.reason());
                return announced(machine);
            } catch (RuntimeException | Error e) {
                vm.close();
                throw e;
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            throw Restoring.refused(file, e);
        }
    }

    private Machine announced(PcMachine machine) {
        machines.add(machine);
        watch.add(machine.chassis().devices());
        machine.chassis().devices().parkWithout(catalogue);
        return machine;
    }

    private void refuseTaken(String operation, String name) {
        if (machine(name).isPresent()) {
            throw new HsmException(Errno.EEXIST, operation,
                    "there is a machine '" + name + "' already; choose another name, or close it");
        }
    }

    private void check(String operation, MachineDescription description) {
        var faults = Faults.ofDescription();
        new DescriptionCheck(catalogue, faults).check(description);
        faults.throwIfAny(operation);
    }

    private void gone(PcMachine machine) {
        machines.remove(machine);
        watch.remove(machine.chassis().devices());
    }

    private VirtualMachine vm(MachineDescription description) {
        return unwrapped(() -> requireHsm().create(creation(description)));
    }

    private static VmCreation creation(MachineDescription description) {
        return new VmCreation(description.name(), description.hypervisor(), description.cpus(),
                description.serviceVm() ? PartitionCreation.SERVICE_VM : 0, description.behaviour(),
                description.deterministic(), description.queuedUpcall(),
                description.models());
    }

    private static VirtualMachine unwrapped(Supplier<VirtualMachine> maker) {
        try {
            return maker.get();
        } catch (HsmException e) {
            // The HSM answers EINVAL to whatever a hypervisor refuses; a model that is missing is told as such.
            throw e.getCause() instanceof HsmException below && below.errno() == Errno.ENODEV ? below : e;
        }
    }

    private HypervisorServiceModule requireHsm() {
        HypervisorServiceModule present = hsm;
        if (present == null) {
            throw new HsmException(Errno.ENODEV, "create",
                    "there is no HSM; start the bundle org.cupule.hsm.impl");
        }
        return present;
    }

    @Override
    public List<Target> targets() {
        return machines.stream().flatMap(machine -> machine.chassis().devices().targets().stream()).toList();
    }

    @Override
    public List<Offer> offers() {
        return Stream.concat(catalogue.offers().stream().map(offer -> new Offer(offer.info(), offer.bundle())),
                buses.stream().map(offer -> new Offer(offer.info(), offer.bundle()))).toList();
    }

    @Override
    public Fault add(FaultSpec spec) {
        return devicesOf(spec.target()).addFault(faultNumbers.incrementAndGet(), deviceOf(spec.target()), spec);
    }

    @Override
    public void remove(int number) {
        if (machines.stream().noneMatch(machine -> machine.chassis().devices().removeFault(number))) {
            throw new HsmException(Errno.ENOENT, "fault", "there is no fault %d; there are: %s".formatted(number,
                    faults().stream().map(Fault::number).toList()));
        }
    }

    @Override
    public List<Fault> faults() {
        return machines.stream().flatMap(machine -> machine.chassis().devices().faults().stream())
                .sorted(Comparator.comparing(Fault::number)).toList();
    }

    @Override
    public Optional<String> objection(String target, long bundle, String model) {
        Devices devices = devicesOf(target);
        String name = deviceOf(target);
        return name.equals(Devices.BUS)
                ? devices.objectionToBus(offeredBus(model, bundle))
                : devices.objection(name, offered(devices.kind(name), model, bundle));
    }

    private Devices devicesOf(String target) {
        return machines.stream().filter(machine -> target.startsWith("vm" + machine.vm().vmid() + ".")).findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENOENT, "swap", "there is no target '" + target
                        + "'; there are: " + String.join(", ", targets().stream().map(Target::name).toList())))
                .chassis().devices();
    }

    private static String deviceOf(String target) {
        return target.substring(target.indexOf('.') + 1);
    }

    @Override
    public SwapReport swap(String target, long bundle, String model, Duration deadline) {
        Devices devices = devicesOf(target);
        String name = deviceOf(target);
        return name.equals(Devices.BUS)
                ? devices.swapBus(offeredBus(model, bundle), deadline)
                : devices.swap(name, offered(devices.kind(name), model, bundle), deadline);
    }

    private PciOffer offeredBus(String model, long bundle) {
        return buses.stream().filter(offer -> offer.info().matches(model) && (bundle < 0 || offer.bundle() == bundle))
                .findFirst().orElseThrow(() -> new HsmException(Errno.ENOENT, "swap", "no plug-in offers the PCI bus '"
                        + model + "'; there are: " + buses.stream().map(offer -> offer.info().id()).toList()));
    }

    private DeviceOffer offered(String kind, String model, long bundle) {
        try {
            return catalogue.find(kind, model, bundle);
        } catch (HsmException e) {
            throw new HsmException(Errno.ENOENT, "swap", e.getMessage(), e);
        }
    }

    @Override
    public List<Machine> machines() {
        return List.copyOf(machines);
    }

    @Override
    public Optional<Machine> machine(String name) {
        return machines.stream().filter(machine -> machine.name().equals(name)).map(Machine.class::cast).findFirst();
    }
}

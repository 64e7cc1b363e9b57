package org.cupule.hv.sim;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.cupule.hardware.CpuFactory;
import org.cupule.hardware.EptFactory;
import org.cupule.hardware.HardwareFactory;
import org.cupule.hardware.IoApicFactory;
import org.cupule.hardware.LapicFactory;
import org.cupule.hardware.PicFactory;
import org.cupule.hv.sim.passthrough.HostSide;
import org.cupule.hypervisor.HostDevice;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.HypervisorInfo.Capability;
import org.cupule.hypervisor.HypervisorInfo.SlotProtocol;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.ProcessorPower;
import org.cupule.hypervisor.ServiceCpus;
import org.cupule.hypervisor.Upcall;
import org.cupule.pci.HostDeviceProvider;
import org.cupule.pci.PciBusFactory;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A hypervisor in plain Java, composed of the hardware models that plug-ins offer.
 *
 * <p>
 * Factories come and go without touching the component: they are tracked by dynamic references into immutable lists. A
 * better one that comes never replaces an instance; only a swap does. The component is immediate: one that were made
 * for its first user would end, and its VMs with it, when the last user goes.
 *
 * @threading any thread
 */
@Component(service = {Hypervisor.class, Swappable.class}, immediate = true, configurationPid = "org.cupule.hv.sim")
@Designate(ocd = SimHypervisor.Settings.class)
public final class SimHypervisor implements Hypervisor, Swappable {
    /** Platform settings of the simulated hypervisor. */
    @ObjectClassDefinition(name = "Cupule simulated hypervisor", description = "Limits and deadlines of hv-sim")
    public @interface Settings {
        /** Most partitions at a time. */
        @AttributeDefinition(description = "Most partitions at a time (1 to 4096)", min = "1", max = "4096")
        int max_vms() default 64;

        /** Physical CPUs that vCPUs may be placed on, as a bit mask in hexadecimal. */
        @AttributeDefinition(description = "Physical CPUs for vCPUs, a bit mask in hexadecimal")
        String cpu_affinity() default "ffff";

        /** Processors of the host. */
        @AttributeDefinition(description = "Processors of the host, fixed at its start (1 to 64)", min = "1", max = "64")
        int host_cpus() default 16;

        /** Idle states of the processors, C1 first. */
        @AttributeDefinition(description = "C-states, C1 first: type:latency:power:space:width:offset:access:address, "
                + "in microseconds, milliwatts and the fields of an ACPI generic address")
        String[] c_states() default {"1:1:1000:0x7F:0:0:0:0"};

        /** Whether the processors govern their performance themselves. */
        @AttributeDefinition(description = "Whether guests have 0 P-states (processors that govern themselves), "
                + "instead of being refused")
        boolean hardware_p_states() default false;

        /** Number of vCPUs where the creator does not say. */
        @AttributeDefinition(description = "vCPUs of a partition whose creator does not say (1 to 16)", min = "1", max = "16")
        int default_vcpus() default 1;

        /** Deadline of pause, reset and destroy, in milliseconds. */
        @AttributeDefinition(description = "How long vCPUs may take to stand still, in milliseconds", min = "1")
        long rendezvous_deadline_millis() default 5000;

        /** Deadline of a call into a device of the host, in milliseconds. */
        @AttributeDefinition(description = "How long a call into a device of the host may take before that is given up, in "
                + "milliseconds", min = "1")
        long device_call_millis() default 3000;

        /** Seconds since the epoch at time zero of a partition with deterministic time. */
        @AttributeDefinition(description = "Epoch seconds at time zero in deterministic time")
        long deterministic_epoch_seconds() default 1_767_225_600;
    }

    private static final Logger LOG = LoggerFactory.getLogger(SimHypervisor.class);
    private static final int MOST_VCPUS = 16;

    private final Hardware hardware = new Hardware();
    /** By vmid; a vmid without a partition is one that is just being created. */
    private final Map<Integer, Optional<SimPartition>> partitions = new TreeMap<>();
    private final HostSide host = new HostSide();
    private final HostCpus cpus;
    private final ProcessorStates power = new ProcessorStates(this::partition);
    private volatile Settings settings;

    /** Starts with these settings. */
    @Activate
    public SimHypervisor(Settings settings) {
        this.settings = settings;
        this.cpus = new HostCpus(Math.clamp(settings.host_cpus(), 1, Long.SIZE));
        configurePower();
    }

    private void configurePower() {
        try {
            power.configure(settings.c_states(), settings.hardware_p_states());
        } catch (HsmException unreadable) {
            LOG.error("the C-states stay as they were: {}", unreadable.getMessage());
        }
    }

    /** Takes new settings; partitions that are there go on. */
    @Modified
    void modified(Settings changed) {
        settings = changed;
        configurePower();
    }

    /** Ends all partitions: their hypervisor goes away. */
    @Deactivate
    void deactivate() {
        for (SimPartition partition : partitions()) {
            end(partition);
        }
    }

    private static void end(SimPartition partition) {
        try {
            if (!partition.life.over()) { // else it went with its Service VM
                partition.pause();
                partition.destroy();
            }
        } catch (HsmException e) {
            LOG.error("vm{} could not be ended with its hypervisor", partition.vmid(), e);
        }
    }

    @Override
    public HypervisorInfo info() {
        return new HypervisorInfo("sim", "1.0.0", "A hypervisor in plain Java, composed of hardware plug-ins",
                SlotProtocol.RAW, Set.of(Capability.READ_REGISTERS, Capability.SNAPSHOT, Capability.BEHAVIOUR_X86,
                        Capability.BEHAVIOUR_ACRN, Capability.DETERMINISTIC, Capability.HARDWARE_SWAP,
                        Capability.PASSTHROUGH, Capability.INTERRUPT_MONITOR, Capability.POWER_QUERIES,
                        Capability.SERVICE_CPUS, Capability.SERVICE_VM),
                MOST_VCPUS);
    }

    @Override
    public Partition create(PartitionCreation creation, Upcall upcall) {
        return create(creation, upcall, null);
    }

    /** Makes a partition that a Service VM's guest wants, in that one's memory. */
    SimPartition createFor(SimPartition owner, PartitionCreation creation, Upcall upcall) {
        return create(creation, upcall, owner);
    }

    private SimPartition create(PartitionCreation creation, Upcall upcall, @Nullable SimPartition owner) {
        int vcpus = vcpus(creation);
        checkFlags(creation);
        int vmid = reserve();
        try {
            var partition = new SimPartition(this, vmid, vcpus, creation, upcall, choose(creation), owner);
            synchronized (partitions) {
                partitions.put(vmid, Optional.of(partition));
            }
            parkWhatHasGone(partition);
            LOG.info("vm{} '{}' created: {} vCPUs", vmid, creation.name(), vcpus);
            return partition;
        } catch (RuntimeException | Error e) {
            free(vmid);
            throw e;
        }
    }

    private HardwareChoice choose(PartitionCreation creation) {
        return hardware.choose(creation.models());
    }

    /** A factory may have gone between the choice and now, when nobody knew of the partition. */
    private static void parkWhatHasGone(SimPartition partition) {
        for (Fitted<?, ?> place : partition.bay.places()) {
            if (!place.shelf.offers().contains(place.offer())) {
                partition.bay.factoryGone(place.offer().factory());
            }
        }
    }

    private int vcpus(PartitionCreation creation) {
        long affinity = creation.affinity();
        if (affinity == 0) {
            return settings.default_vcpus();
        }
        long allowed = allowedCpus() | cpus.taken();
        if ((affinity & ~allowed) != 0 || Long.bitCount(affinity) > MOST_VCPUS) {
            throw new HsmException(Errno.EINVAL, "create",
                    "affinity 0x%x is not inside 0x%x, or names more than %d CPUs".formatted(affinity, allowed,
                            MOST_VCPUS));
        }
        return Long.bitCount(affinity);
    }

    private long allowedCpus() {
        try {
            return Long.parseUnsignedLong(settings.cpu_affinity(), 16);
        } catch (NumberFormatException e) {
            throw new HsmException(Errno.EINVAL, "create", "the setting cpu.affinity is '%s', not a hexadecimal number"
                    .formatted(settings.cpu_affinity()), e);
        }
    }

    private static void checkFlags(PartitionCreation creation) {
        boolean passthrough = (creation.flags() & PartitionCreation.LAPIC_PASSTHROUGH) != 0;
        if (passthrough && (creation.flags() & PartitionCreation.RT) == 0) {
            throw new HsmException(Errno.EPERM, "create", "LAPIC passthrough is for a real-time VM only");
        }
    }

    private int reserve() {
        synchronized (partitions) {
            for (int vmid = 1; vmid <= settings.max_vms(); vmid++) {
                if (partitions.putIfAbsent(vmid, Optional.empty()) == null) {
                    return vmid;
                }
            }
        }
        throw new HsmException(Errno.ENOTTY, "create",
                "all %d slots for VMs are taken: destroy one, or raise max.vms".formatted(settings.max_vms()));
    }

    /** A partition is gone, or was never made. */
    void free(int vmid) {
        synchronized (partitions) {
            partitions.remove(vmid);
        }
    }

    List<SimPartition> partitions() {
        synchronized (partitions) {
            return partitions.values().stream().flatMap(Optional::stream).toList();
        }
    }

    private @Nullable SimPartition partition(int vmid) {
        synchronized (partitions) {
            return partitions.getOrDefault(vmid, Optional.empty()).orElse(null);
        }
    }

    // ---- the host

    /** {@return what all partitions share} */
    HostSide host() {
        return host;
    }

    @Override
    public Map<String, List<ModelInfo>> hardware() {
        return hardware.models();
    }

    @Override
    public List<HostDevice> hostDevices() {
        return host.board().describe();
    }

    @Override
    public ProcessorPower power() {
        return power;
    }

    @Override
    public ServiceCpus serviceCpus() {
        return cpus;
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindHostDevices(HostDeviceProvider provider) {
        host.board().add(provider);
    }

    void unbindHostDevices(HostDeviceProvider provider) {
        host.board().remove(provider);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindPciBus(PciBusFactory factory) {
        host.add(factory);
    }

    void unbindPciBus(PciBusFactory factory) {
        host.remove(factory);
    }

    // ---- swap

    @Override
    public List<Target> targets() {
        return partitions().stream().flatMap(partition -> partition.bay.places().stream().map(place -> new Target(
                partition.name() + "." + place.place, partition.vmid(), place.offer().info(), place.offer().bundle(),
                place.parked() == null ? "running" : "parked: its plug-in went away"))).toList();
    }

    @Override
    public List<Offer> offers() {
        return hardware.offers();
    }

    @Override
    public SwapReport swap(String target, long bundle, String model, Duration deadline) {
        return bayOf(target).swap(placeOf(target), bundle, model, deadline);
    }

    @Override
    public Optional<String> objection(String target, long bundle, String model) {
        return bayOf(target).objection(placeOf(target), bundle, model);
    }

    private HardwareBay bayOf(String target) {
        return partitions().stream().filter(partition -> target.startsWith(partition.name() + ".")).findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENOENT, "swap",
                        "there is no target '%s'; a target is called vm1.ept or vm1.cpu0".formatted(target))).bay;
    }

    private static String placeOf(String target) {
        return target.substring(target.indexOf('.') + 1);
    }

    /** {@return how long vCPUs may take to stand still} */
    long deadlineNanos() {
        return TimeUnit.MILLISECONDS.toNanos(settings.rendezvous_deadline_millis());
    }

    /** {@return how long a call into a device of the host may take} */
    long deviceCallNanos() {
        return TimeUnit.MILLISECONDS.toNanos(settings.device_call_millis());
    }

    /** {@return epoch seconds at time zero in deterministic time} */
    long deterministicEpoch() {
        return settings.deterministic_epoch_seconds();
    }

    // ---- factories

    private <F extends HardwareFactory> void came(Shelf<F> shelf, F factory, Map<String, ?> properties) {
        Offered<F> offer = shelf.add(factory, properties);
        LOG.debug("{} came", offer);
        partitions().forEach(partition -> partition.bay.factoryCame(shelf.kind()));
    }

    private <F extends HardwareFactory> void gone(Shelf<F> shelf, F factory) {
        shelf.remove(factory);
        partitions().forEach(partition -> partition.bay.factoryGone(factory));
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindCpu(CpuFactory factory, Map<String, ?> properties) {
        came(hardware.cpus, factory, properties);
    }

    void unbindCpu(CpuFactory factory) {
        gone(hardware.cpus, factory);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindEpt(EptFactory factory, Map<String, ?> properties) {
        came(hardware.epts, factory, properties);
    }

    void unbindEpt(EptFactory factory) {
        gone(hardware.epts, factory);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindLapic(LapicFactory factory, Map<String, ?> properties) {
        came(hardware.lapics, factory, properties);
    }

    void unbindLapic(LapicFactory factory) {
        gone(hardware.lapics, factory);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindIoApic(IoApicFactory factory, Map<String, ?> properties) {
        came(hardware.ioapics, factory, properties);
    }

    void unbindIoApic(IoApicFactory factory) {
        gone(hardware.ioapics, factory);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindPic(PicFactory factory, Map<String, ?> properties) {
        came(hardware.pics, factory, properties);
    }

    void unbindPic(PicFactory factory) {
        gone(hardware.pics, factory);
    }
}

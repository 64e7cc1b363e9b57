package org.cupule.hv.sim;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.cupule.hardware.CpuFactory;
import org.cupule.hardware.EptFactory;
import org.cupule.hardware.IoApicFactory;
import org.cupule.hardware.LapicFactory;
import org.cupule.hardware.PicFactory;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.HypervisorInfo.Capability;
import org.cupule.hypervisor.HypervisorInfo.SlotProtocol;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.Upcall;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
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
 * better one that comes never replaces an instance; only a swap does.
 *
 * @threading any thread
 */
@Component(service = Hypervisor.class, configurationPid = "org.cupule.hv.sim")
@Designate(ocd = SimHypervisor.Settings.class)
public final class SimHypervisor implements Hypervisor {
    /** Platform settings of the simulated hypervisor. */
    @ObjectClassDefinition(name = "Cupule simulated hypervisor", description = "Limits and deadlines of hv-sim")
    public @interface Settings {
        /** Most partitions at a time. */
        @AttributeDefinition(description = "Most partitions at a time (1 to 4096)", min = "1", max = "4096")
        int max_vms() default 64;

        /** Physical CPUs that vCPUs may be placed on, as a bit mask in hexadecimal. */
        @AttributeDefinition(description = "Physical CPUs for vCPUs, a bit mask in hexadecimal")
        String cpu_affinity() default "ffff";

        /** Number of vCPUs where the creator does not say. */
        @AttributeDefinition(description = "vCPUs of a partition whose creator does not say (1 to 16)", min = "1", max = "16")
        int default_vcpus() default 1;

        /** Deadline of pause, reset and destroy, in milliseconds. */
        @AttributeDefinition(description = "How long vCPUs may take to stand still, in milliseconds", min = "1")
        long rendezvous_deadline_millis() default 5000;

        /** Seconds since the epoch at time zero of a partition with deterministic time. */
        @AttributeDefinition(description = "Epoch seconds at time zero in deterministic time")
        long deterministic_epoch_seconds() default 1_767_225_600;
    }

    private static final Logger LOG = LoggerFactory.getLogger(SimHypervisor.class);
    private static final int MOST_VCPUS = 16;

    private final Shelf<CpuFactory> cpus = new Shelf<>("cpu");
    private final Shelf<EptFactory> epts = new Shelf<>("ept");
    private final Shelf<LapicFactory> lapics = new Shelf<>("lapic");
    private final Shelf<IoApicFactory> ioapics = new Shelf<>("ioapic");
    private final Shelf<PicFactory> pics = new Shelf<>("pic");
    private final Map<Integer, SimPartition> partitions = new TreeMap<>();
    private volatile Settings settings;

    /** Starts with these settings. */
    @Activate
    public SimHypervisor(Settings settings) {
        this.settings = settings;
    }

    /** Takes new settings; partitions that are there go on. */
    @Modified
    void modified(Settings changed) {
        settings = changed;
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
            partition.pause();
            partition.destroy();
        } catch (HsmException e) {
            LOG.error("vm{} could not be ended with its hypervisor", partition.vmid(), e);
        }
    }

    @Override
    public HypervisorInfo info() {
        return new HypervisorInfo("sim", "1.0.0", "A hypervisor in plain Java, composed of hardware plug-ins",
                SlotProtocol.RAW, Set.of(Capability.READ_REGISTERS, Capability.BEHAVIOUR_X86, Capability.BEHAVIOUR_ACRN,
                        Capability.DETERMINISTIC, Capability.HARDWARE_SWAP),
                MOST_VCPUS);
    }

    @Override
    public Partition create(PartitionCreation creation, Upcall upcall) {
        int vcpus = vcpus(creation);
        checkFlags(creation);
        HardwareChoice hardware = choose(creation.models());
        synchronized (partitions) {
            int vmid = free();
            var partition = new SimPartition(this, vmid, vcpus, creation, upcall, hardware);
            partitions.put(vmid, partition);
            LOG.info("vm{} '{}' created with {} vCPUs: {}", vmid, creation.name(), vcpus, hardware);
            return partition;
        }
    }

    private int vcpus(PartitionCreation creation) {
        long affinity = creation.affinity();
        if (affinity == 0) {
            return settings.default_vcpus();
        }
        long allowed = Long.parseUnsignedLong(settings.cpu_affinity(), 16);
        if ((affinity & ~allowed) != 0 || Long.bitCount(affinity) > MOST_VCPUS) {
            throw new HsmException(Errno.EINVAL, "create",
                    "affinity 0x%x is not inside 0x%x, or names more than %d CPUs".formatted(affinity, allowed,
                            MOST_VCPUS));
        }
        return Long.bitCount(affinity);
    }

    private static void checkFlags(PartitionCreation creation) {
        boolean passthrough = (creation.flags() & PartitionCreation.LAPIC_PASSTHROUGH) != 0;
        if (passthrough && (creation.flags() & PartitionCreation.RT) == 0) {
            throw new HsmException(Errno.EPERM, "create", "LAPIC passthrough is for a real-time VM only");
        }
    }

    private HardwareChoice choose(Map<String, String> wanted) {
        return new HardwareChoice(cpus.choose(wanted.get("cpu")), epts.choose(wanted.get("ept")),
                lapics.choose(wanted.get("lapic")), ioapics.choose(wanted.get("ioapic")),
                pics.choose(wanted.get("pic")));
    }

    private int free() {
        for (int vmid = 1; vmid <= settings.max_vms(); vmid++) {
            if (!partitions.containsKey(vmid)) {
                return vmid;
            }
        }
        throw new HsmException(Errno.ENOTTY, "create",
                "all %d slots for VMs are taken: destroy one, or raise max.vms".formatted(settings.max_vms()));
    }

    /** A partition is gone. */
    void destroyed(SimPartition partition) {
        synchronized (partitions) {
            partitions.remove(partition.vmid(), partition);
        }
    }

    private java.util.List<SimPartition> partitions() {
        synchronized (partitions) {
            return java.util.List.copyOf(partitions.values());
        }
    }

    /** {@return how long vCPUs may take to stand still} */
    long deadlineNanos() {
        return TimeUnit.MILLISECONDS.toNanos(settings.rendezvous_deadline_millis());
    }

    /** {@return epoch seconds at time zero in deterministic time} */
    long deterministicEpoch() {
        return settings.deterministic_epoch_seconds();
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindCpu(CpuFactory factory, Map<String, ?> properties) {
        cpus.add(factory, properties);
    }

    void unbindCpu(CpuFactory factory) {
        cpus.remove(factory);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindEpt(EptFactory factory, Map<String, ?> properties) {
        epts.add(factory, properties);
    }

    void unbindEpt(EptFactory factory) {
        epts.remove(factory);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindLapic(LapicFactory factory, Map<String, ?> properties) {
        lapics.add(factory, properties);
    }

    void unbindLapic(LapicFactory factory) {
        lapics.remove(factory);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindIoApic(IoApicFactory factory, Map<String, ?> properties) {
        ioapics.add(factory, properties);
    }

    void unbindIoApic(IoApicFactory factory) {
        ioapics.remove(factory);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindPic(PicFactory factory, Map<String, ?> properties) {
        pics.add(factory, properties);
    }

    void unbindPic(PicFactory factory) {
        pics.remove(factory);
    }
}

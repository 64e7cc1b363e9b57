package org.cupule.tck.hsm;

import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.hypervisor.CState;
import org.cupule.hypervisor.EventFdOffload;
import org.cupule.hypervisor.HostDevice;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.HypervisorInfo.Capability;
import org.cupule.hypervisor.HypervisorInfo.SlotProtocol;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.ProcessorPower;
import org.cupule.hypervisor.ServiceCpus;
import org.cupule.hypervisor.Upcall;
import org.cupule.pci.HostDeviceProvider;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * A hypervisor whose partitions do what the test says: they obey the rules of states and of the page, and run no guest.
 *
 * @threading any thread
 */
public final class FakeHypervisor implements Hypervisor, HypervisorBelow {
    private static final HostDeviceProvider NO_DEVICES = new HostDeviceProvider() {
    };

    private final HypervisorInfo info;
    private final @Nullable EventFdOffload offload;
    private final CopyOnWriteArrayList<FakePartition> partitions = new CopyOnWriteArrayList<>();
    private final FakeProcessors processors = new FakeProcessors(partitions);
    private final FakeAssignment.Host host;
    private volatile @Nullable RuntimeException createFailure;
    private volatile @Nullable RuntimeException pageFailure;
    private volatile int forcedVcpus;
    private volatile int forcedVmid = -1;

    /** Makes a hypervisor named {@code fake}, which leaves the slot protocol to the HSM. */
    public FakeHypervisor() {
        this("fake", SlotProtocol.RAW);
    }

    /** Makes a hypervisor whose host has no devices. */
    public FakeHypervisor(String name, SlotProtocol slotProtocol, Capability... more) {
        this(info(name, slotProtocol, more), null, NO_DEVICES);
    }

    /** Makes a hypervisor that signals ioeventfds and listens to irqfds by itself. */
    public FakeHypervisor(EventFdOffload offload) {
        this(info("fake", SlotProtocol.RAW, Capability.IOEVENTFD_OFFLOAD, Capability.IRQFD_OFFLOAD), offload,
                NO_DEVICES);
    }

    /** Makes a hypervisor named {@code fake} whose host has these devices. */
    public FakeHypervisor(HostDeviceProvider devices) {
        this(info("fake", SlotProtocol.RAW, Capability.PASSTHROUGH), null, devices);
    }

    private FakeHypervisor(HypervisorInfo info, @Nullable EventFdOffload offload, HostDeviceProvider devices) {
        this.info = info;
        this.offload = offload;
        this.host = new FakeAssignment.Host(devices);
    }

    private static HypervisorInfo info(String name, SlotProtocol slotProtocol, Capability... more) {
        var capabilities = EnumSet.of(Capability.BEHAVIOUR_ACRN, Capability.BEHAVIOUR_X86,
                Capability.INTERRUPT_MONITOR, Capability.POWER_QUERIES, Capability.SERVICE_CPUS);
        capabilities.addAll(List.of(more));
        return new HypervisorInfo(name, "1.0.0", "does what a test says", slotProtocol, capabilities, 16);
    }

    @Override
    public HypervisorInfo info() {
        return info;
    }

    @Override
    public FakePartition create(PartitionCreation creation, Upcall upcall) {
        RuntimeException failure = createFailure;
        if (failure != null) {
            throw failure;
        }
        checkFlags(creation.flags());
        int vcpus = forcedVcpus > 0 ? forcedVcpus : Long.bitCount(creation.affinity());
        int vmid = forcedVmid >= 0 ? forcedVmid : partitions.size() + 1;
        FakePartition partition = new FakePartition(vmid, vcpus, creation, upcall, info.slotProtocol(), pageFailure,
                host);
        partition.offload(offload);
        partitions.add(partition);
        return partition;
    }

    private static void checkFlags(long flags) {
        boolean passthrough = (flags & PartitionCreation.LAPIC_PASSTHROUGH) != 0;
        if (passthrough && (flags & PartitionCreation.RT) == 0) {
            throw new HsmException(Errno.EPERM, "create", "LAPIC passthrough needs the RT flag");
        }
    }

    @Override
    public List<HostDevice> hostDevices() {
        return host.devices();
    }

    @Override
    public ProcessorPower power() {
        return processors;
    }

    @Override
    public ServiceCpus serviceCpus() {
        return processors;
    }

    /** {@return the C-states of its processors, C1 first} */
    public static List<CState> idleStates() {
        return FakeProcessors.STATES;
    }

    @Override
    public Hypervisor offered() {
        return this;
    }

    /** {@return the partitions, oldest first} */
    @Override
    public List<FakePartition> partitions() {
        return partitions;
    }

    /** {@return the newest partition} */
    @Override
    public FakePartition partition() {
        return partitions.getLast();
    }

    /** Lets the creation of partitions fail from now on. */
    @Override
    public void failCreate(RuntimeException failure) {
        createFailure = failure;
    }

    /** Lets the registration of the page fail for partitions made from now on. */
    @Override
    public void failPage(RuntimeException failure) {
        pageFailure = failure;
    }

    /** Gives partitions this many vCPUs, whatever is wanted. */
    @Override
    public void forceVcpus(int vcpus) {
        forcedVcpus = vcpus;
    }

    /** Gives partitions this id. */
    @Override
    public void forceVmid(int vmid) {
        forcedVmid = vmid;
    }
}

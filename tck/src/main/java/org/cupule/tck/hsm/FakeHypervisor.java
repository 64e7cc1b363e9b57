package org.cupule.tck.hsm;

import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.hypervisor.EventFdOffload;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.HypervisorInfo.Capability;
import org.cupule.hypervisor.HypervisorInfo.SlotProtocol;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.Upcall;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * A hypervisor whose partitions do what the test says: they obey the rules of states and of the page, and run no guest.
 *
 * @threading any thread
 */
public final class FakeHypervisor implements Hypervisor {
    private final HypervisorInfo info;
    private final @Nullable EventFdOffload offload;
    private final List<FakePartition> partitions = new CopyOnWriteArrayList<>();
    private volatile @Nullable RuntimeException createFailure;
    private volatile @Nullable RuntimeException pageFailure;
    private volatile int forcedVcpus;
    private volatile int forcedVmid = -1;

    /** Makes a hypervisor named {@code fake}, which leaves the slot protocol to the HSM. */
    public FakeHypervisor() {
        this("fake", SlotProtocol.RAW);
    }

    /** Makes a hypervisor. */
    public FakeHypervisor(String name, SlotProtocol slotProtocol, Capability... more) {
        var capabilities = EnumSet.of(Capability.BEHAVIOUR_ACRN, Capability.BEHAVIOUR_X86);
        capabilities.addAll(List.of(more));
        info = info(name, slotProtocol, capabilities);
        offload = null;
    }

    /** Makes a hypervisor that signals ioeventfds and listens to irqfds by itself. */
    public FakeHypervisor(EventFdOffload offload) {
        info = info("fake", SlotProtocol.RAW, EnumSet.of(Capability.BEHAVIOUR_ACRN, Capability.BEHAVIOUR_X86,
                Capability.IOEVENTFD_OFFLOAD, Capability.IRQFD_OFFLOAD));
        this.offload = offload;
    }

    private static HypervisorInfo info(String name, SlotProtocol slotProtocol, EnumSet<Capability> capabilities) {
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
        FakePartition partition = new FakePartition(vmid, vcpus, creation, upcall, info.slotProtocol(), pageFailure);
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

    /** {@return the partitions, oldest first} */
    public List<FakePartition> partitions() {
        return partitions;
    }

    /** {@return the newest partition} */
    public FakePartition partition() {
        return partitions.getLast();
    }

    /** Lets the creation of partitions fail from now on. */
    public void failCreate(RuntimeException failure) {
        createFailure = failure;
    }

    /** Lets the registration of the page fail for partitions made from now on. */
    public void failPage(RuntimeException failure) {
        pageFailure = failure;
    }

    /** Gives partitions this many vCPUs, whatever is wanted. */
    public void forceVcpus(int vcpus) {
        forcedVcpus = vcpus;
    }

    /** Gives partitions this id. */
    public void forceVmid(int vmid) {
        forcedVmid = vmid;
    }
}

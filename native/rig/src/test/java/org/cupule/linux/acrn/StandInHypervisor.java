package org.cupule.linux.acrn;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.HostDevice;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.ProcessorPower;
import org.cupule.hypervisor.ServiceCpus;
import org.cupule.hypervisor.Upcall;
import org.cupule.rig.guest.StandIn;
import org.cupule.tck.hsm.HypervisorBelow;
import org.cupule.tck.hsm.PartitionBelow;

/**
 * The backend under test on Linux's own driver, and below it the stand-in, which a contract plays. The backend's calls
 * go through here for one reason: to know which VMs were made of which page.
 *
 * @threading any thread
 */
final class StandInHypervisor implements HypervisorBelow, Hypervisor {
    private static final int CREATE = 0x10;
    private static final int SET_PAGE = 0x30;
    private static final int FOR_EVER = 1 << 30;
    private static final int INVALID_VMID = 0xFFFF;

    private final AcrnHypervisor acrn = OnAcrn.hypervisor();
    private final List<StandInPartition> partitions = new CopyOnWriteArrayList<>();
    private volatile boolean invalidNext;

    /** Makes the stand-in forget everything. Its vCPUs leave an answer in the slot until the test takes it. */
    StandInHypervisor() {
        StandIn.command("reset");
        StandIn.command("lazy 1");
    }

    @Override
    public Hypervisor offered() {
        return this;
    }

    @Override
    public List<? extends PartitionBelow> partitions() {
        return partitions;
    }

    @Override
    public void failCreate(RuntimeException failure) {
        StandIn.fail(CREATE, -StandInPartition.errno(failure), FOR_EVER);
    }

    @Override
    public void failPage(RuntimeException failure) {
        StandIn.fail(SET_PAGE, -StandInPartition.errno(failure), FOR_EVER);
    }

    @Override
    public void forceVcpus(int vcpus) {
        StandIn.command("vcpus %d", Math.max(vcpus, 0));
    }

    @Override
    public void forceVmid(int vmid) {
        StandIn.command("vmid %d", vmid);
        invalidNext = vmid == INVALID_VMID;
    }

    // ---------------------------------------------------------------- Hypervisor

    @Override
    public HypervisorInfo info() {
        return acrn.info();
    }

    @Override
    public Partition create(PartitionCreation creation, Upcall upcall) {
        return acrn.create(creation, upcall);
    }

    @Override
    public Partition createWithPage(PartitionCreation creation, Upcall upcall, MemorySegment page) {
        long mark = StandIn.mark();
        if (invalidNext) {
            partitions.add(new StandInPartition(INVALID_VMID, creation, new IoRequestPage(page), mark));
        }
        Partition made = acrn.createWithPage(creation, upcall, page);
        partitions.add(new StandInPartition(made.vmid(), creation, new IoRequestPage(page), mark));
        return made;
    }

    @Override
    public List<HostDevice> hostDevices() {
        return acrn.hostDevices();
    }

    @Override
    public ProcessorPower power() {
        return acrn.power();
    }

    @Override
    public ServiceCpus serviceCpus() {
        return acrn.serviceCpus();
    }
}

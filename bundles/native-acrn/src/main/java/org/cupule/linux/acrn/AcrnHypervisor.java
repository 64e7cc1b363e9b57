package org.cupule.linux.acrn;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.cupule.abi.AcrnVmCreation;
import org.cupule.abi.IoRequestPage;
import org.cupule.abi.IoctlNumber;
import org.cupule.hypervisor.AssignedDevice;
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
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * ACRN, as its Linux driver shows it. The driver runs the slot protocol; registers cannot be read, so VMs cannot be
 * saved; event counters are the driver's.
 *
 * @threading any thread
 */
final class AcrnHypervisor implements Hypervisor {
    /** The name by which people ask for it. */
    static final String NAME = "acrn";
    private static final int NAME_BYTES = 16;
    private static final int INVALID_VMID = 0xFFFF;
    private static final Set<Capability> CAPABILITIES = EnumSet.of(Capability.BEHAVIOUR_ACRN,
            Capability.PAGE_AT_CREATION, Capability.IOEVENTFD_OFFLOAD, Capability.IRQFD_OFFLOAD,
            Capability.PASSTHROUGH, Capability.INTERRUPT_MONITOR, Capability.POWER_QUERIES, Capability.SERVICE_CPUS);

    /**
     * What of the machine it works with.
     *
     * @param version
     *            of the driver, for people
     * @param attachMillis
     *            how long a thread may take to leave the driver
     */
    record Settings(String version, ServiceCpus processors, HostPci pci, long attachMillis) {
    }

    private final Driver driver;
    private final Settings settings;
    private final Map<Integer, AcrnPartition> partitions = new ConcurrentHashMap<>();
    private final AcrnPower power = new AcrnPower(vmid -> partition(vmid).file());

    AcrnHypervisor(Driver driver, Settings settings) {
        this.driver = driver;
        this.settings = settings;
    }

    @Override
    public HypervisorInfo info() {
        return new HypervisorInfo(NAME, settings.version(), "ACRN, the hypervisor that this machine runs on",
                SlotProtocol.CLAIMED, CAPABILITIES, IoRequestPage.SLOTS);
    }

    @Override
    public Partition create(PartitionCreation creation, Upcall upcall) {
        throw new HsmException(Errno.EINVAL, "create", "the driver takes the I/O request page with the creation");
    }

    @Override
    public Partition createWithPage(PartitionCreation creation, Upcall upcall, MemorySegment page) {
        byte[] name = creation.name().getBytes(StandardCharsets.UTF_8);
        if (name.length > NAME_BYTES) {
            throw new HsmException(Errno.ENAMETOOLONG, "create",
                    "'%s' is longer than the %d bytes that ACRN knows VMs by".formatted(creation.name(), NAME_BYTES));
        }
        if (!creation.models().isEmpty()) {
            throw new HsmException(Errno.EINVAL, "create",
                    "ACRN's hardware is its own: no model can be chosen for " + creation.models().keySet());
        }
        new IoRequestPage(page).free(); // an all-zero page would look as if requests were pending (hsm.md 7.2)
        HsmFile file = HsmFile.open(driver);
        try {
            return partition(file, creation, name, upcall, page);
        } catch (RuntimeException | Error failure) {
            file.close();
            throw failure;
        }
    }

    private Partition partition(HsmFile file, PartitionCreation creation, byte[] name, Upcall upcall,
            MemorySegment page) {
        return file.read(IoctlNumber.CREATE_VM, AcrnVmCreation::new, wanted -> {
            wanted.uuid(name);
            wanted.vmFlag(creation.flags());
            wanted.ioreqBuf(page.address());
            wanted.cpuAffinity(creation.affinity());
            wanted.vcpuNum(Long.bitCount(creation.affinity()));
        }, made -> partition(file, creation, made, upcall, page));
    }

    private Partition partition(HsmFile file, PartitionCreation creation, AcrnVmCreation made, Upcall upcall,
            MemorySegment page) {
        int vmid = made.vmid();
        file.name("VM %d '%s'".formatted(vmid, creation.name()));
        AcrnPartition partition = new AcrnPartition(new AcrnPartition.Made(file, driver, vmid, made.vcpuNum(),
                creation.name(), new IoRequestPage(page), settings.attachMillis()), upcall, this::forget);
        if (vmid != INVALID_VMID) {
            partitions.put(vmid, partition);
        }
        return partition;
    }

    private void forget(AcrnPartition partition) {
        partitions.remove(partition.vmid(), partition);
    }

    private AcrnPartition partition(int vmid) {
        AcrnPartition partition = partitions.get(vmid);
        if (partition == null) {
            throw new HsmException(Errno.ENOTTY, "power", "there is no VM " + vmid + " that was made here");
        }
        return partition;
    }

    @Override
    public List<HostDevice> hostDevices() {
        Map<String, Integer> owners = new HashMap<>();
        partitions.forEach((vmid, partition) -> {
            for (AssignedDevice device : partition.devices().devices()) {
                owners.put(device.host(), vmid);
            }
        });
        return settings.pci().devices(owners);
    }

    @Override
    public ProcessorPower power() {
        return power;
    }

    @Override
    public ServiceCpus serviceCpus() {
        return settings.processors();
    }
}

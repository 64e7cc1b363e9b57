package org.cupule.hsm.impl;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.impl.host.PresentHost;
import org.cupule.hsm.impl.memory.VmArena;
import org.cupule.hsm.memory.LentMemory;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.HypervisorInfo.Capability;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.ram.Ram;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one VM: the partition, its page, the HSM's side. Every failure becomes EINVAL ({@code hsm.md} 3.4), with the
 * hypervisor's sentence, and leaves nothing behind: here the partition is destroyed too, which the driver cannot do
 * ({@code hsm.md} 4.3).
 *
 * @threading confined to the call
 */
final class VmMaker {
    private static final Logger LOG = LoggerFactory.getLogger(VmMaker.class);
    private static final int INVALID_VMID = 0xFFFF;

    private final VmCreation creation;
    private final Hypervisor hypervisor;
    private final PresentHost host;
    private final HypervisorInfo info;
    private final @Nullable Supplier<LentMemory> pages;
    private final Consumer<HostedVm> unlink;

    /**
     * Prepares one creation.
     *
     * @param pages
     *            who lends the I/O request page; null: the VM makes its own
     */
    VmMaker(VmCreation creation, Hypervisor hypervisor, PresentHost host, @Nullable Supplier<LentMemory> pages,
            Consumer<HostedVm> unlink) {
        this.creation = creation;
        this.pages = pages;
        this.hypervisor = hypervisor;
        this.host = host;
        this.info = hypervisor.info();
        this.unlink = unlink;
    }

    HostedVm make() {
        checkWish();
        UpcallRelay upcall = new UpcallRelay();
        VmArena arena = new VmArena(host);
        boolean pageFirst = info.capabilities().contains(Capability.PAGE_AT_CREATION);
        @Nullable
        Partition partition = null;
        try {
            MemorySegment page = pageFirst ? page(arena) : MemorySegment.NULL;
            partition = partition(upcall, page);
            checkPartition(partition);
            if (!pageFirst) {
                page = page(arena);
                partition.setIoRequestPage(page);
            }
            HostedVm vm = new HostedVm(creation, hypervisor, partition, arena, page, unlink);
            upcall.lead(vm);
            return vm;
        } catch (RuntimeException | Error failure) {
            if (partition != null) {
                undo(partition);
            }
            arena.close();
            throw refused(failure);
        }
    }

    private MemorySegment page(VmArena arena) {
        Supplier<LentMemory> lender = pages;
        if (lender == null) {
            return arena.allocate(IoRequestPage.PAGE_BYTES);
        }
        LentMemory lent = lender.get();
        arena.keep(lent); // from now on given back with all the rest
        return new Ram(lent.segment()).segment().asSlice(0, IoRequestPage.PAGE_BYTES); // EFAULT for what is no page
    }

    private void checkWish() {
        int most = Math.min(info.maxVcpus(), IoRequestPage.SLOTS);
        boolean chosen = creation.vcpus() != 0 || creation.affinity() != 0;
        check(!chosen || creation.vcpus() >= 1 && creation.vcpus() <= most,
                creation.vcpus() + " vCPUs are not 1 to " + most + ", which '" + info.name() + "' can give a VM");
        check(creation.vcpus() == Long.bitCount(creation.affinity()),
                "%d vCPUs cannot be on the CPUs of affinity 0x%x, one each".formatted(creation.vcpus(),
                        creation.affinity()));
        check(!creation.deterministic() || info.capabilities().contains(Capability.DETERMINISTIC),
                "hypervisor '" + info.name() + "' has no deterministic time");
        check((creation.flags() & PartitionCreation.SERVICE_VM) == 0
                || info.capabilities().contains(Capability.SERVICE_VM),
                "hypervisor '" + info.name() + "' has no Service VMs");
        Capability needed = creation.behaviour() == Behaviour.ACRN
                ? Capability.BEHAVIOUR_ACRN
                : Capability.BEHAVIOUR_X86;
        check(info.capabilities().contains(needed),
                "hypervisor '" + info.name() + "' cannot behave as " + creation.behaviour());
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new HsmException(Errno.EINVAL, "create", otherwise);
        }
    }

    private Partition partition(UpcallRelay upcall, MemorySegment page) {
        PartitionCreation wanted = new PartitionCreation(creation.name(), creation.affinity(), creation.flags(),
                creation.behaviour(), creation.deterministic(), creation.queuedUpcall(), creation.models());
        return page.equals(MemorySegment.NULL)
                ? hypervisor.create(wanted, upcall)
                : hypervisor.createWithPage(wanted, upcall, page);
    }

    private void checkPartition(Partition partition) {
        // ACRN reports a failed creation as success with this id (hsm.md 4.3).
        check(partition.vmid() != INVALID_VMID, "hypervisor '" + info.name() + "' gave no VM id");
        // More than 16 would have no slot (hsm.md 4.5).
        check(partition.vcpuCount() >= 1 && partition.vcpuCount() <= IoRequestPage.SLOTS, "hypervisor '" + info.name()
                + "' made a VM of " + partition.vcpuCount() + " vCPUs; there are slots for 16");
    }

    private HsmException refused(Throwable failure) {
        return new HsmException(Errno.EINVAL, "create",
                "hypervisor '" + info.name() + "' made no VM '" + creation.name() + "': " + failure.getMessage(),
                failure);
    }

    private static void undo(Partition partition) {
        if (partition.vmid() == INVALID_VMID) {
            return;
        }
        try {
            partition.pause();
        } catch (RuntimeException | Error refused) {
            LOG.debug("a VM that was not made could not be paused", refused);
        }
        try {
            partition.destroy();
        } catch (RuntimeException | Error refused) {
            LOG.error("a VM that was not made stays behind in the hypervisor", refused);
        }
    }
}

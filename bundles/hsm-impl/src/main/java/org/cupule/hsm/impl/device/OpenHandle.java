package org.cupule.hsm.impl.device;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.cupule.abi.AcrnIoeventfd;
import org.cupule.abi.AcrnIoreqNotify;
import org.cupule.abi.AcrnIrqfd;
import org.cupule.abi.AcrnMsiEntry;
import org.cupule.abi.AcrnVcpuRegs;
import org.cupule.abi.AcrnVmCreation;
import org.cupule.abi.AcrnVmMemmap;
import org.cupule.abi.IoctlNumber;
import org.cupule.hsm.HsmHandle;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.ioreq.DefaultClient;
import org.cupule.hsm.memory.LentMemory;
import org.cupule.hypervisor.Partition;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open file: looks at numbers and copies structures, in the order of {@code hsm.md} 2.3, and asks the VM.
 *
 * <pre>
 *  FRESH --> CREATING --> THERE --> SPENT        any --> CLOSED
 *    ^          |
 *    '- failed -'
 * </pre>
 *
 * @threading any thread
 */
final class OpenHandle implements HsmHandle {
    private static final Logger LOG = LoggerFactory.getLogger(OpenHandle.class);
    private static final int VCPU_MASK = 0xFFFF;

    private enum Stage {
        FRESH, CREATING, THERE, SPENT, CLOSED
    }

    private final HypervisorServiceModule hsm;
    private final VmWish wish;
    private final Caller caller;
    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.FRESH);
    /** Written before the stage THERE. */
    private volatile @Nullable VirtualMachine vm;

    OpenHandle(HypervisorServiceModule hsm, VmWish wish, Caller caller) {
        this.hsm = hsm;
        this.wish = wish;
        this.caller = caller;
    }

    @Override
    public int ioctl(int command, long argument) {
        try {
            carryOut(IoctlNumber.of(command), argument);
            return 0;
        } catch (HsmException refused) {
            LOG.debug("ioctl 0x{} was refused", Integer.toHexString(command), refused);
            return -refused.errno().number();
        } catch (RuntimeException | Error failure) {
            LOG.error("ioctl 0x{} failed", Integer.toHexString(command), failure);
            return -Errno.EIO.number();
        }
    }

    private void carryOut(Optional<IoctlNumber> command, long argument) {
        if (stage.get() == Stage.CLOSED) {
            throw new HsmException(Errno.EBADF, "ioctl", "the handle is closed");
        }
        if (command.equals(Optional.of(IoctlNumber.CREATE_VM))) {
            create(argument);
            return;
        }
        VirtualMachine there = present();
        carryOut(there, command.orElseThrow(() -> new HsmException(Errno.ENOTTY, "ioctl", "there is no such command")),
                argument);
    }

    private VirtualMachine present() {
        VirtualMachine there = vm;
        if (stage.get() != Stage.THERE || there == null) {
            throw new HsmException(Errno.EINVAL, "ioctl", "the handle has no VM");
        }
        there.vmid(); // EINVAL when it was destroyed by somebody else
        return there;
    }

    private void carryOut(VirtualMachine there, IoctlNumber command, long argument) {
        switch (command) {
            case CREATE_VM -> create(argument);
            case DESTROY_VM -> destroy(there);
            case START_VM -> there.start();
            case PAUSE_VM -> there.pause();
            case RESET_VM -> there.reset();
            case SET_VCPU_REGS -> StartRegisters.set(there, caller.in(argument, AcrnVcpuRegs.LAYOUT,
                    AcrnVcpuRegs::new));
            case INJECT_MSI -> inject(there, caller.in(argument, AcrnMsiEntry.LAYOUT, AcrnMsiEntry::new));
            case VM_INTR_MONITOR -> monitor(there, argument);
            case SET_IRQLINE -> there.interrupts().line((int) argument, (int) (argument >>> Integer.SIZE));
            case NOTIFY_REQUEST_FINISH -> finish(there, caller.in(argument, AcrnIoreqNotify.LAYOUT,
                    AcrnIoreqNotify::new));
            case CREATE_IOREQ_CLIENT -> there.ioRequests().createDefault();
            case ATTACH_IOREQ_CLIENT -> attach(there);
            case DESTROY_IOREQ_CLIENT -> there.ioRequests().attachable().ifPresent(DefaultClient::close);
            case CLEAR_VM_IOREQ -> there.ioRequests().clear();
            case SET_MEMSEG -> new MemorySegments(there, caller).set(caller.in(argument, AcrnVmMemmap.LAYOUT,
                    AcrnVmMemmap::new));
            case UNSET_MEMSEG -> MemorySegments.unset(there, caller.in(argument, AcrnVmMemmap.LAYOUT,
                    AcrnVmMemmap::new));
            case SET_PTDEV_INTR, RESET_PTDEV_INTR, ASSIGN_PCIDEV, DEASSIGN_PCIDEV, ASSIGN_MMIODEV, DEASSIGN_MMIODEV,
                    CREATE_VDEV, DESTROY_VDEV ->
                new DeviceCommands(there, caller).carryOut(command, argument);
            case PM_GET_CPU_STATE -> tellPower(there, argument);
            case IOEVENTFD -> new EventFdCommands(there, caller).ioEventFd(caller.in(argument, AcrnIoeventfd.LAYOUT,
                    AcrnIoeventfd::new));
            case IRQFD ->
                new EventFdCommands(there, caller).irqFd(caller.in(argument, AcrnIrqfd.LAYOUT, AcrnIrqfd::new));
        }
    }

    /** Creates the VM. A failed creation leaves the handle as it was. */
    private void create(long argument) {
        if (!stage.compareAndSet(Stage.FRESH, Stage.CREATING)) {
            throw new HsmException(Errno.EINVAL, "CREATE_VM", "this handle has, or had, its VM; open another one");
        }
        Stage next = Stage.FRESH;
        try {
            AcrnVmCreation wanted = caller.in(argument, AcrnVmCreation.LAYOUT, AcrnVmCreation::new);
            check((wanted.reserved0() | wanted.reserved1()) == 0, "CREATE_VM");
            vm = created(wanted, argument);
            next = Stage.THERE;
        } finally {
            enter(next);
        }
    }

    private void enter(Stage next) {
        VirtualMachine made = vm;
        if (!stage.compareAndSet(Stage.CREATING, next) && made != null) {
            made.close(); // the handle was closed meanwhile
        }
    }

    private VirtualMachine created(AcrnVmCreation wanted, long argument) {
        VirtualMachine made = make(wanted);
        try {
            wanted.vmid(made.vmid());
            wanted.vcpuNum(made.vcpuCount());
            caller.out(argument, wanted.memory());
            return made;
        } catch (RuntimeException | Error unwritten) {
            made.close();
            throw unwritten;
        }
    }

    /** Every failure to create is EINVAL ({@code hsm.md} 3.4). */
    private VirtualMachine make(AcrnVmCreation wanted) {
        try {
            return hsm.create(wish.creation(wanted), () -> caller.page(wanted.ioreqBuf()));
        } catch (HsmException refused) {
            throw new HsmException(Errno.EINVAL, "CREATE_VM", String.valueOf(refused.getMessage()), refused);
        }
    }

    /** A VM that was never paused is refused, also one that was never started ({@code hsm.md} 4.2). */
    private void destroy(VirtualMachine there) {
        if (there.state() == Partition.State.CREATED) {
            throw new HsmException(Errno.EPERM, "DESTROY_VM", "the VM is CREATED, not PAUSED");
        }
        there.destroy();
        stage.compareAndSet(Stage.THERE, Stage.SPENT);
    }

    private static void inject(VirtualMachine there, AcrnMsiEntry entry) {
        there.interrupts().msi(new Msi(entry.address(), entry.data()));
    }

    private void monitor(VirtualMachine there, long argument) {
        LentMemory page = caller.page(argument);
        there.interrupts().monitor(page.segment(), page::close);
    }

    /** The structure's vmid says nothing, and only 16 bits of its vCPU count ({@code hsm.md} 2.4). */
    private static void finish(VirtualMachine there, AcrnIoreqNotify notice) {
        check(notice.reserved() == 0, "NOTIFY_REQUEST_FINISH");
        if (there.ioRequests().attachable().isPresent()) { // the driver looks at the vCPU only then
            there.ioRequests().notifyFinished(notice.vcpu() & VCPU_MASK);
        }
    }

    private static void attach(VirtualMachine there) {
        DefaultClient client = there.ioRequests().attachable().orElseThrow(
                () -> new HsmException(Errno.ENODEV, "ATTACH_IOREQ_CLIENT", "there is no default client"));
        try {
            client.attach();
        } catch (InterruptedException signal) {
            Thread.currentThread().interrupt(); // a signal ends the wait with 0 (hsm.md 7.8)
        }
    }

    private void tellPower(VirtualMachine there, long argument) {
        long command = caller.number(argument);
        byte[] answer = there.power().cpuState(command);
        if (answer.length > 0) {
            caller.out(argument, MemorySegment.ofArray(answer));
        }
    }

    /** Reserved fields must be zero. */
    static void check(boolean zero, String operation) {
        if (!zero) {
            throw new HsmException(Errno.EINVAL, operation, "a reserved field is not zero");
        }
    }

    @Override
    public void close() {
        Stage before = stage.getAndSet(Stage.CLOSED);
        VirtualMachine there = vm;
        if (before != Stage.CLOSED && there != null) {
            try {
                there.close();
            } catch (RuntimeException refused) {
                LOG.error("a VM stays behind when its handle is closed", refused); // as release ignores it (2.2)
            }
        }
    }
}

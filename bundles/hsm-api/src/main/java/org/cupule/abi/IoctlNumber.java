package org.cupule.abi;

import java.lang.foreign.MemoryLayout;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The commands of {@code /dev/acrn_hsm} ({@code hsm.md} 2.4).
 *
 * <pre>
 *  31 30 29              16 15           8 7            0
 * +-----+------------------+--------------+--------------+
 * | dir | bytes copied     | 0xA2         | nr           |    dir: 0 none, 1 the driver reads, 3 and writes
 * +-----+------------------+--------------+--------------+
 * </pre>
 *
 * @threading immutable
 */
public enum IoctlNumber {
    /** Creates the VM of this handle. */
    CREATE_VM(0x10, AcrnVmCreation.LAYOUT, true),
    /** Destroys it. */
    DESTROY_VM(0x11),
    /** Starts it. */
    START_VM(0x12),
    /** Pauses it. */
    PAUSE_VM(0x13),
    /** Resets it. */
    RESET_VM(0x15),
    /** Sets the registers that a vCPU starts with. */
    SET_VCPU_REGS(0x16, AcrnVcpuRegs.LAYOUT, false),
    /** Sends a message-signalled interrupt. */
    INJECT_MSI(0x23, AcrnMsiEntry.LAYOUT, false),
    /** Hands over the page of the interrupt monitor; the argument is its address. */
    VM_INTR_MONITOR(0x24, C.U64, false),
    /** Drives an interrupt line; the argument is the value itself: GSI low, operation high. */
    SET_IRQLINE(0x25, C.U64, false),
    /** Tells that a request was answered. */
    NOTIFY_REQUEST_FINISH(0x31, AcrnIoreqNotify.LAYOUT, false),
    /** Creates the default client. */
    CREATE_IOREQ_CLIENT(0x32),
    /** Waits for a request of the default client. */
    ATTACH_IOREQ_CLIENT(0x33),
    /** Destroys the default client. */
    DESTROY_IOREQ_CLIENT(0x34),
    /** Completes what is in flight, between pause and reset. */
    CLEAR_VM_IOREQ(0x35),
    /** Maps RAM or device memory. */
    SET_MEMSEG(0x41, AcrnVmMemmap.LAYOUT, false),
    /** Removes device memory. */
    UNSET_MEMSEG(0x42, AcrnVmMemmap.LAYOUT, false),
    /** Remaps a passed-through device's interrupt. */
    SET_PTDEV_INTR(0x53, AcrnPtdevIrq.LAYOUT, false),
    /** Ends that. */
    RESET_PTDEV_INTR(0x54, AcrnPtdevIrq.LAYOUT, false),
    /** Passes a PCI device through. */
    ASSIGN_PCIDEV(0x55, AcrnPcidev.LAYOUT, false),
    /** Takes it back. */
    DEASSIGN_PCIDEV(0x56, AcrnPcidev.LAYOUT, false),
    /** Passes a memory-mapped device through. */
    ASSIGN_MMIODEV(0x57, AcrnMmiodev.LAYOUT, false),
    /** Takes it back. */
    DEASSIGN_MMIODEV(0x58, AcrnMmiodev.LAYOUT, false),
    /** Creates a device that the hypervisor emulates. */
    CREATE_VDEV(0x59, AcrnVdev.LAYOUT, false),
    /** Destroys it. */
    DESTROY_VDEV(0x5A, AcrnVdev.LAYOUT, false),
    /** Asks for C-states and P-states. */
    PM_GET_CPU_STATE(0x60, C.U64, true),
    /** Assigns and deassigns an eventfd that the guest's writes signal. */
    IOEVENTFD(0x70, AcrnIoeventfd.LAYOUT, false),
    /** Assigns and deassigns an eventfd that injects an interrupt. */
    IRQFD(0x71, AcrnIrqfd.LAYOUT, false);

    private static final int TYPE = 0xA2;
    private static final int WRITE = 1;
    private static final int READ_WRITE = 3;
    private static final Map<Integer, IoctlNumber> BY_NUMBER = Arrays.stream(values())
            .collect(Collectors.toMap(IoctlNumber::number, Function.identity()));

    private final int nr;
    private final int direction;
    private final int argumentBytes;

    IoctlNumber(int nr) {
        this.nr = nr;
        this.direction = 0;
        this.argumentBytes = 0;
    }

    IoctlNumber(int nr, MemoryLayout argument, boolean answers) {
        this.nr = nr;
        this.direction = answers ? READ_WRITE : WRITE;
        this.argumentBytes = (int) argument.byteSize();
    }

    /** {@return the command with this number; an unknown one is ENOTTY} */
    public static Optional<IoctlNumber> of(int number) {
        return Optional.ofNullable(BY_NUMBER.get(number));
    }

    /** {@return the 32-bit number} */
    public int number() {
        return direction << 30 | argumentBytes << 16 | TYPE << 8 | nr;
    }

    /** {@return the number inside the driver: the low 8 bits} */
    public int nr() {
        return nr;
    }

    /** {@return 0 without argument, 1 when the driver reads it, 3 when it writes it too} */
    public int direction() {
        return direction;
    }

    /** {@return the bytes of the argument as the number tells them} */
    public int argumentBytes() {
        return argumentBytes;
    }

    /** {@return the name in the C header} */
    public String cName() {
        return "ACRN_IOCTL_" + name();
    }
}

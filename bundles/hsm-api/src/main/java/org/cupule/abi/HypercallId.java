package org.cupule.abi;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The hypercalls of ACRN ({@code hsm.md} 3.2): the id is in R8, the arguments are in RDI and RSI, the result comes in
 * RAX.
 *
 * <pre>
 *  31           24 23                      8 7            0
 * +---------------+-------------------------+--------------+
 * | 0x80          | 0                       | n            |
 * +---------------+-------------------------+--------------+
 * </pre>
 *
 * Eight calls have only a number in that list, without a name or arguments: 0x61 to 0x63 (debug), 0x70 to 0x72 (trusty)
 * and 0x90 to 0x91 (TEE). They have no constant, and are answered as unknown ones are.
 *
 * @threading immutable
 */
public enum HypercallId {
    /** Tells the version of the interface: GPA of a {@link HypercallApiVersion}. */
    GET_API_VERSION(0x00),
    /** Takes a vCPU away from the Service VM: its local APIC's id. */
    OFFLINE_SERVICE_VM_CPU(0x01),
    /** Sets the vector of the upcall: 0x20 to 0xFF. */
    SET_CALLBACK_VECTOR(0x02),
    /** Creates a VM: GPA of an {@link AcrnVmCreation}. */
    CREATE_VM(0x10),
    /** Destroys a VM: vmid. */
    DESTROY_VM(0x11),
    /** Starts a VM: vmid. */
    START_VM(0x12),
    /** Pauses a VM: vmid. */
    PAUSE_VM(0x13),
    /** Creates a vCPU: does nothing, with success. */
    CREATE_VCPU(0x14),
    /** Resets a VM: vmid. */
    RESET_VM(0x15),
    /** Sets the registers that a vCPU starts with: vmid, GPA of an {@link AcrnVcpuRegs}. */
    SET_VCPU_REGS(0x16),
    /** Sends a message-signalled interrupt: vmid, GPA of an {@link AcrnMsiEntry}. */
    INJECT_MSI(0x23),
    /** The interrupt monitor: GPA of a {@link HypercallIntrMonitor}. */
    VM_INTR_MONITOR(0x24),
    /** Drives a line: vmid, a packed {@link HypercallIrqLine}. */
    SET_IRQLINE(0x25),
    /** Registers the I/O request page: vmid, GPA of a 64-bit number that is the page's GPA. */
    SET_IOREQ_BUFFER(0x30),
    /** Tells that a request was answered: vmid, vCPU. */
    NOTIFY_REQUEST_FINISH(0x31),
    /** Assigns an asynchronous I/O descriptor. */
    ASSIGN_ASYNCIO(0x32),
    /** Takes it back. */
    DEASSIGN_ASYNCIO(0x33),
    /** Translates a guest physical address. */
    GPA_TO_HPA(0x41),
    /** Sets memory regions: GPA of a {@link HypercallMemoryBatch}. */
    SET_MEMORY_REGIONS(0x42),
    /** Protects a page from writes. */
    WRITE_PROTECT_PAGE(0x43),
    /** Sets up a shared ring. */
    SETUP_SHARED_RING(0x44),
    /** Remaps a passed-through device's interrupt: vmid, GPA of an {@link AcrnPtdevIrq}. */
    SET_PTDEV_INTR(0x53),
    /** Ends that. */
    RESET_PTDEV_INTR(0x54),
    /** Passes a PCI device through: vmid, GPA of an {@link AcrnPcidev}. */
    ASSIGN_PCIDEV(0x55),
    /** Takes it back. */
    DEASSIGN_PCIDEV(0x56),
    /** Passes a memory-mapped device through: vmid, GPA of an {@link AcrnMmiodev}. */
    ASSIGN_MMIODEV(0x57),
    /** Takes it back. */
    DEASSIGN_MMIODEV(0x58),
    /** Creates a device that the hypervisor emulates: vmid, GPA of an {@link AcrnVdev}. */
    CREATE_VDEV(0x59),
    /** Destroys it. */
    DESTROY_VDEV(0x5A),
    /** Asks for C-states and P-states: the command word, GPA of the result. */
    PM_GET_CPU_STATE(0x80);

    private static final int PREFIX = 0x80 << 24;
    private static final Map<Integer, HypercallId> BY_NUMBER = Arrays.stream(values())
            .collect(Collectors.toMap(HypercallId::number, Function.identity()));

    private final int number;

    HypercallId(int n) {
        this.number = PREFIX | n;
    }

    /** {@return the hypercall with this 32-bit id; an unknown one is ENOTTY} */
    public static Optional<HypercallId> of(int number) {
        return Optional.ofNullable(BY_NUMBER.get(number));
    }

    /** {@return the 32-bit id} */
    public int number() {
        return number;
    }
}

package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The 4 KiB page that a hypervisor and the HSM share for one VM: sixteen slots of 256 bytes, slot n for vCPU n
 * ({@code struct acrn_io_request_buffer}, {@code hsm.md} 7.2).
 *
 * <pre>
 *        +0 type        +4 completion_polling                     +8 reserved
 *       +64 direction  +68 reserved   +72 address    +80 size    +88 value     (port: 4 bytes, memory: 8)
 *                                     PCI: +92 bus +96 dev +100 func +104 reg
 *      +128 reserved  +132 kernel_handled           +136 processed (the state)
 *
 *   FREE --hypervisor--> PENDING --dispatcher--> PROCESSING --completer--> COMPLETE --hypervisor--> FREE
 *                          '------------ handled at once by the HSM ----------^
 *   FREE and COMPLETE belong to the hypervisor, PENDING and PROCESSING to the HSM.
 * </pre>
 *
 * <p>
 * The state is stored with release and read with acquire; all other fields are plain and are handed over by it.
 *
 * @threading any thread; a slot's fields belong to the owner of its state
 */
public final class IoRequestPage {
    /** Bytes of the page. */
    public static final int PAGE_BYTES = 4096;
    /** Bytes of a slot. */
    public static final int SLOT_BYTES = 256;
    /** Slots of a page. */
    public static final int SLOTS = 16;

    /** State: written by the hypervisor, not yet seen by the HSM. */
    public static final int PENDING = 0;
    /** State: answered. */
    public static final int COMPLETE = 1;
    /** State: given to a client. */
    public static final int PROCESSING = 2;
    /** State: no request. */
    public static final int FREE = 3;

    /** Type: I/O port. */
    public static final int PORTIO = 0;
    /** Type: memory. */
    public static final int MMIO = 1;
    /** Type: PCI configuration space. */
    public static final int PCICFG = 2;
    /** Type: write to a read-only page. */
    public static final int WRITE_PROTECT = 3;

    /** Direction: read. */
    public static final int READ = 0;
    /** Direction: write. */
    public static final int WRITE = 1;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final VarHandle STATE = INT.varHandle();
    private static final long TYPE = C.offset(AcrnIoRequest.LAYOUT, "type");
    private static final long COMPLETION_POLLING = C.offset(AcrnIoRequest.LAYOUT, "completion_polling");
    private static final long DIRECTION = C.offset(AcrnIoRequest.LAYOUT, "reqs", "mmio_request", "direction");
    private static final long ADDRESS = C.offset(AcrnIoRequest.LAYOUT, "reqs", "mmio_request", "address");
    private static final long SIZE = C.offset(AcrnIoRequest.LAYOUT, "reqs", "mmio_request", "size");
    private static final long VALUE = C.offset(AcrnIoRequest.LAYOUT, "reqs", "mmio_request", "value");
    private static final long BUS = C.offset(AcrnIoRequest.LAYOUT, "reqs", "pci_request", "bus");
    private static final long DEVICE = C.offset(AcrnIoRequest.LAYOUT, "reqs", "pci_request", "dev");
    private static final long FUNCTION = C.offset(AcrnIoRequest.LAYOUT, "reqs", "pci_request", "func");
    private static final long REGISTER = C.offset(AcrnIoRequest.LAYOUT, "reqs", "pci_request", "reg");
    private static final long KERNEL_HANDLED = C.offset(AcrnIoRequest.LAYOUT, "kernel_handled");
    private static final long PROCESSED = C.offset(AcrnIoRequest.LAYOUT, "processed");

    private final MemorySegment page;

    /**
     * Views a page.
     *
     * @param page
     *            native memory of 4096 bytes, page-aligned
     */
    public IoRequestPage(MemorySegment page) {
        this.page = page.asSlice(0, PAGE_BYTES);
    }

    /** {@return the memory} */
    public MemorySegment segment() {
        return page;
    }

    /** {@return a slot's state, read with acquire} */
    public int state(int slot) {
        return (int) STATE.getAcquire(page, base(slot) + PROCESSED);
    }

    /** Stores a slot's state with release: what was written to the slot before is seen by who reads this state. */
    public void state(int slot, int state) {
        STATE.setRelease(page, base(slot) + PROCESSED, state);
    }

    /** Changes a slot's state only from an expected one. @return whether it was changed */
    public boolean claim(int slot, int expected, int state) {
        return STATE.compareAndSet(page, base(slot) + PROCESSED, expected, state);
    }

    /** Makes all slots FREE, as the hypervisor does when the page is registered and when the VM is reset. */
    public void free() {
        for (int slot = 0; slot < SLOTS; slot++) {
            state(slot, FREE);
        }
    }

    /** {@return the type word} */
    public int type(int slot) {
        return page.get(INT, base(slot) + TYPE);
    }

    /** Sets the type word. */
    public void type(int slot, int type) {
        page.set(INT, base(slot) + TYPE, type);
    }

    /** {@return whether the hypervisor polls for completion, so that no notification is due} */
    public boolean completionPolling(int slot) {
        return page.get(INT, base(slot) + COMPLETION_POLLING) != 0;
    }

    /** Sets the polling word. */
    public void completionPolling(int slot, boolean polling) {
        page.set(INT, base(slot) + COMPLETION_POLLING, polling ? 1 : 0);
    }

    /** {@return whether it is a write} */
    public boolean write(int slot) {
        return page.get(INT, base(slot) + DIRECTION) != READ;
    }

    /** Sets the direction. */
    public void write(int slot, boolean write) {
        page.set(INT, base(slot) + DIRECTION, write ? WRITE : READ);
    }

    /** {@return the port or guest physical address} */
    public long address(int slot) {
        return page.get(LONG, base(slot) + ADDRESS);
    }

    /** Sets the address. */
    public void address(int slot, long address) {
        page.set(LONG, base(slot) + ADDRESS, address);
    }

    /** {@return the size in bytes} */
    public long size(int slot) {
        return page.get(LONG, base(slot) + SIZE);
    }

    /** Sets the size in bytes. */
    public void size(int slot, long size) {
        page.set(LONG, base(slot) + SIZE, size);
    }

    /** {@return the value: 8 bytes of a memory request, else 4, zero-extended} */
    public long value(int slot) {
        return type(slot) == MMIO || type(slot) == WRITE_PROTECT
                ? page.get(LONG, base(slot) + VALUE)
                : page.get(INT, base(slot) + VALUE) & 0xFFFF_FFFFL;
    }

    /** Sets the value: 8 bytes of a memory request, else 4. */
    public void value(int slot, long value) {
        if (type(slot) == MMIO || type(slot) == WRITE_PROTECT) {
            page.set(LONG, base(slot) + VALUE, value);
        } else {
            page.set(INT, base(slot) + VALUE, (int) value);
        }
    }

    /** Turns a port request into one for configuration space; direction, size and value stay. */
    public void pci(int slot, int bus, int device, int function, int register) {
        type(slot, PCICFG);
        page.set(INT, base(slot) + BUS, bus);
        page.set(INT, base(slot) + DEVICE, device);
        page.set(INT, base(slot) + FUNCTION, function);
        page.set(INT, base(slot) + REGISTER, register);
    }

    /** {@return the bus number of a configuration request} */
    public int bus(int slot) {
        return page.get(INT, base(slot) + BUS);
    }

    /** {@return the device number of a configuration request} */
    public int device(int slot) {
        return page.get(INT, base(slot) + DEVICE);
    }

    /** {@return the function number of a configuration request} */
    public int function(int slot) {
        return page.get(INT, base(slot) + FUNCTION);
    }

    /** {@return the register of a configuration request, 0 to 4095} */
    public int register(int slot) {
        return page.get(INT, base(slot) + REGISTER);
    }

    /** {@return whether a client other than the default one has the request} */
    public boolean kernelHandled(int slot) {
        return page.get(INT, base(slot) + KERNEL_HANDLED) != 0;
    }

    /** Sets who has the request. */
    public void kernelHandled(int slot, boolean handled) {
        page.set(INT, base(slot) + KERNEL_HANDLED, handled ? 1 : 0);
    }

    private static long base(int slot) {
        return (long) slot * SLOT_BYTES;
    }
}

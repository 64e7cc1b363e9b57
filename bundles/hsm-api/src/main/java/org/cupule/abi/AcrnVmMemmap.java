package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_vm_memmap}: the argument of SET_MEMSEG and UNSET_MEMSEG.
 *
 * <pre>
 * attr  10                 6          2   1   0
 *      +----+----+----+----+---- - - +---+---+---+
 *      | WP | WC | UC | WT | WB      | X | W | R |
 *      +----+----+----+----+---- - - +---+---+---+
 * </pre>
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnVmMemmap extends CStruct {
    /** Type: RAM. */
    public static final int RAM = 0;
    /** Type: device memory. */
    public static final int MMIO = 1;
    /** Bits of {@code attr}: rights, as in {@code org.cupule.ram.Access}. */
    public static final int ACCESS_MASK = 7;
    /** Bits of {@code attr}: write-back. */
    public static final int WB = 0x40;
    /** Bits of {@code attr}: write-through. */
    public static final int WT = 0x80;
    /** Bits of {@code attr}: uncacheable. */
    public static final int UC = 0x100;
    /** Bits of {@code attr}: write-combining. */
    public static final int WC = 0x200;
    /** Bits of {@code attr}: write-protected. */
    public static final int WP = 0x400;
    /** Bits of {@code attr}: all memory types. */
    public static final int TYPE_MASK = 0x7C0;

    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_vm_memmap", C.u32("type"), C.u32("attr"),
            C.u64("user_vm_pa"), C.union(C.u64("service_vm_pa"), C.u64("vma_base")), C.u64("len"));

    private static final long TYPE = C.offset(LAYOUT, "type");
    private static final long ATTR = C.offset(LAYOUT, "attr");
    private static final long USER_VM_PA = C.offset(LAYOUT, "user_vm_pa");
    private static final long VMA_BASE = USER_VM_PA + Long.BYTES;
    private static final long LEN = C.offset(LAYOUT, "len");

    /** Views the first bytes of a segment. */
    public AcrnVmMemmap(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the type: {@link #RAM} or {@link #MMIO}} */
    public int type() {
        return u32(TYPE);
    }

    /** Sets the type: {@link #RAM} or {@link #MMIO}. */
    public void type(int value) {
        u32(TYPE, value);
    }

    /** {@return rights and memory type} */
    public int attr() {
        return u32(ATTR);
    }

    /** Sets rights and memory type. */
    public void attr(int value) {
        u32(ATTR, value);
    }

    /** {@return the guest physical address} */
    public long userVmPa() {
        return u64(USER_VM_PA);
    }

    /** Sets the guest physical address. */
    public void userVmPa(long value) {
        u64(USER_VM_PA, value);
    }

    /** {@return the caller's address of RAM, or the Service VM's physical address of device memory} */
    public long vmaBase() {
        return u64(VMA_BASE);
    }

    /** Sets the caller's address of RAM, or the Service VM's physical address of device memory. */
    public void vmaBase(long value) {
        u64(VMA_BASE, value);
    }

    /** {@return the length in bytes} */
    public long len() {
        return u64(LEN);
    }

    /** Sets the length in bytes. */
    public void len(long value) {
        u64(LEN, value);
    }
}

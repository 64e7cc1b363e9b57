package org.cupule.machine.loader;

import org.cupule.hypervisor.VcpuState;

/**
 * The register sets that images start with. What is not said is 0.
 *
 * <p>
 * Attributes of CS are in the form of a VMCS (Intel SDM volume 3, "Guest Register State"): 0x9B present code in real
 * mode, 0xC09B the same with 32-bit operands and 4 KiB granularity, 0xA09B with the L bit.
 *
 * <pre>
 *  GDT of the protected-mode starts:   0x08 unused    0x10 code, flat    0x18 data, flat    0x20 64-bit code
 * </pre>
 *
 * @threading immutable
 */
final class StartState {
    /** Selector of flat code. */
    static final int CODE = 0x10;
    /** Selector of flat data. */
    static final int DATA = 0x18;
    /** Selector of 64-bit code. */
    static final int CODE64 = 0x20;
    /** The table for the selectors above. */
    private static final long[] GDT = {0, 0, 0x00CF_9B00_0000_FFFFL, 0x00CF_9300_0000_FFFFL, 0x00AF_9B00_0000_FFFFL};
    /** Numbers in {@link VcpuState#general}. */
    static final int RAX = 0;
    static final int RDX = 2;
    static final int RBX = 3;
    static final int RSP = 4;
    static final int RSI = 6;
    private static final long REAL_CR0 = 0x30;
    private static final long PROTECTED_CR0 = 0x31;
    /** PE and ET: what the direct boot of a virtual machine asks for. */
    private static final long DIRECT_CR0 = 0x11;
    private static final long PAGED_CR0 = 0x8000_0031L;
    private static final long CR4_PAE = 0x20;
    private static final long EFER_LME_LMA = 0x500;

    private StartState() {
    }

    /** {@return real mode at {@code selector:ip}, with the given base of CS} */
    static VcpuState real(int selector, long base, int ip, long[] general) {
        return new VcpuState(general, ip, 0, REAL_CR0, 0, 0, 0, base, 0xFFFF, 0x9B,
                new int[]{selector, 0, 0, 0, 0, 0, 0, 0}, 0, 0xFFFF, 0, 0xFFFF);
    }

    /** {@return protected mode without paging, all segments flat} */
    static VcpuState flat32(long entry, long gdt, long[] general) {
        return flat32(entry, gdt, general, PROTECTED_CR0);
    }

    /** {@return the same, with those bits of CR0 alone that it cannot do without} */
    static VcpuState direct32(long entry, long gdt, long[] general) {
        return flat32(entry, gdt, general, DIRECT_CR0);
    }

    private static VcpuState flat32(long entry, long gdt, long[] general, long cr0) {
        return new VcpuState(general, entry, 0, cr0, 0, 0, 0, 0, 0xFFFF_FFFF, 0xC09B,
                new int[]{CODE, DATA, DATA, DATA, DATA, DATA, 0, 0}, gdt, GDT.length * 8 - 1, 0, 0);
    }

    /** {@return long mode with these page tables} */
    static VcpuState long64(long entry, long gdt, long pageTables, long[] general) {
        return new VcpuState(general, entry, 0, PAGED_CR0, pageTables, CR4_PAE, EFER_LME_LMA, 0, 0xFFFF_FFFF, 0xA09B,
                new int[]{CODE64, DATA, DATA, DATA, DATA, DATA, 0, 0}, gdt, GDT.length * 8 - 1, 0, 0);
    }

    /** {@return the bytes of the descriptor table} */
    static byte[] gdt() {
        var bytes = new Bytes(GDT.length * 8);
        for (int i = 0; i < GDT.length; i++) {
            bytes.u64(i * 8, GDT[i]);
        }
        return bytes.array();
    }
}

package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_regs}: the registers that a vCPU starts with ({@code hsm.md} 5).
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnRegs extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_regs", AcrnGpRegs.LAYOUT.withName("gprs"),
            AcrnDescriptorPtr.LAYOUT.withName("gdt"), AcrnDescriptorPtr.LAYOUT.withName("idt"), C.u64("rip"),
            C.u64("cs_base"), C.u64("cr0"), C.u64("cr4"), C.u64("cr3"), C.u64("ia32_efer"), C.u64("rflags"),
            C.array("reserved_64", 4, C.U64), C.u32("cs_ar"), C.u32("cs_limit"), C.array("reserved_32", 3, C.U32),
            C.u16("cs_sel"), C.u16("ss_sel"), C.u16("ds_sel"), C.u16("es_sel"), C.u16("fs_sel"), C.u16("gs_sel"),
            C.u16("ldt_sel"), C.u16("tr_sel"));

    private static final long GPRS = C.offset(LAYOUT, "gprs");
    private static final long GDT = C.offset(LAYOUT, "gdt");
    private static final long IDT = C.offset(LAYOUT, "idt");
    private static final long RIP = C.offset(LAYOUT, "rip");
    private static final long CS_BASE = C.offset(LAYOUT, "cs_base");
    private static final long CR0 = C.offset(LAYOUT, "cr0");
    private static final long CR4 = C.offset(LAYOUT, "cr4");
    private static final long CR3 = C.offset(LAYOUT, "cr3");
    private static final long EFER = C.offset(LAYOUT, "ia32_efer");
    private static final long RFLAGS = C.offset(LAYOUT, "rflags");
    private static final long RESERVED64_IS_ZERO = C.offset(LAYOUT, "reserved_64");
    private static final long CS_AR = C.offset(LAYOUT, "cs_ar");
    private static final long CS_LIMIT = C.offset(LAYOUT, "cs_limit");
    private static final long RESERVED32_IS_ZERO = C.offset(LAYOUT, "reserved_32");
    private static final long CS_SEL = C.offset(LAYOUT, "cs_sel");

    /** Views the first bytes of a segment. */
    public AcrnRegs(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the general registers} */
    public AcrnGpRegs gprs() {
        return new AcrnGpRegs(memory().asSlice(GPRS));
    }

    /** {@return the GDT} */
    public AcrnDescriptorPtr gdt() {
        return new AcrnDescriptorPtr(memory().asSlice(GDT));
    }

    /** {@return the IDT} */
    public AcrnDescriptorPtr idt() {
        return new AcrnDescriptorPtr(memory().asSlice(IDT));
    }

    /** {@return the instruction pointer} */
    public long rip() {
        return u64(RIP);
    }

    /** Sets the instruction pointer. */
    public void rip(long value) {
        u64(RIP, value);
    }

    /** {@return the base of CS} */
    public long csBase() {
        return u64(CS_BASE);
    }

    /** Sets the base of CS. */
    public void csBase(long value) {
        u64(CS_BASE, value);
    }

    /** {@return control register 0} */
    public long cr0() {
        return u64(CR0);
    }

    /** Sets control register 0. */
    public void cr0(long value) {
        u64(CR0, value);
    }

    /** {@return control register 4} */
    public long cr4() {
        return u64(CR4);
    }

    /** Sets control register 4. */
    public void cr4(long value) {
        u64(CR4, value);
    }

    /** {@return control register 3} */
    public long cr3() {
        return u64(CR3);
    }

    /** Sets control register 3. */
    public void cr3(long value) {
        u64(CR3, value);
    }

    /** {@return the extended feature register} */
    public long efer() {
        return u64(EFER);
    }

    /** Sets the extended feature register. */
    public void efer(long value) {
        u64(EFER, value);
    }

    /** {@return the flags} */
    public long rflags() {
        return u64(RFLAGS);
    }

    /** Sets the flags. */
    public void rflags(long value) {
        u64(RFLAGS, value);
    }

    /** {@return whether the reserved array of 64-bit numbers is zero} */
    public boolean reserved64IsZero() {
        return zero(RESERVED64_IS_ZERO, 32);
    }

    /** {@return the attributes of CS as in a VMCS} */
    public int csAr() {
        return u32(CS_AR);
    }

    /** Sets the attributes of CS as in a VMCS. */
    public void csAr(int value) {
        u32(CS_AR, value);
    }

    /** {@return the limit of CS} */
    public int csLimit() {
        return u32(CS_LIMIT);
    }

    /** Sets the limit of CS. */
    public void csLimit(int value) {
        u32(CS_LIMIT, value);
    }

    /** {@return whether the reserved array of 32-bit numbers is zero} */
    public boolean reserved32IsZero() {
        return zero(RESERVED32_IS_ZERO, 12);
    }

    /** {@return a selector: 0 to 7 are CS SS DS ES FS GS LDTR TR} */
    public int selector(int index) {
        return u16(element(CS_SEL, index, 8, 2));
    }

    /** Sets a selector: 0 to 7 are CS SS DS ES FS GS LDTR TR. */
    public void selector(int index, int value) {
        u16(element(CS_SEL, index, 8, 2), value);
    }
}

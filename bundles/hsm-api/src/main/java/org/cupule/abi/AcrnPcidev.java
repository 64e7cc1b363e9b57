package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_pcidev}: the argument of ASSIGN_PCIDEV and DEASSIGN_PCIDEV.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnPcidev extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_pcidev", C.u32("type"), C.u16("virt_bdf"),
            C.u16("phys_bdf"),
            C.u8("intr_line"), C.u8("intr_pin"), C.array("bar", 6, C.U32));

    private static final long TYPE = C.offset(LAYOUT, "type");
    private static final long VIRT_BDF = C.offset(LAYOUT, "virt_bdf");
    private static final long PHYS_BDF = C.offset(LAYOUT, "phys_bdf");
    private static final long INTR_LINE = C.offset(LAYOUT, "intr_line");
    private static final long INTR_PIN = C.offset(LAYOUT, "intr_pin");
    private static final long BAR = C.offset(LAYOUT, "bar");

    /** Views the first bytes of a segment. */
    public AcrnPcidev(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return bits: 0 most of configuration space stays with the device model} */
    public int type() {
        return u32(TYPE);
    }

    /** Sets bits: 0 most of configuration space stays with the device model. */
    public void type(int value) {
        u32(TYPE, value);
    }

    /** {@return the function as the guest sees it} */
    public int virtBdf() {
        return u16(VIRT_BDF);
    }

    /** Sets the function as the guest sees it. */
    public void virtBdf(int value) {
        u16(VIRT_BDF, value);
    }

    /** {@return the function as the host sees it} */
    public int physBdf() {
        return u16(PHYS_BDF);
    }

    /** Sets the function as the host sees it. */
    public void physBdf(int value) {
        u16(PHYS_BDF, value);
    }

    /** {@return the interrupt line register} */
    public int intrLine() {
        return u8(INTR_LINE);
    }

    /** Sets the interrupt line register. */
    public void intrLine(int value) {
        u8(INTR_LINE, value);
    }

    /** {@return the interrupt pin register} */
    public int intrPin() {
        return u8(INTR_PIN);
    }

    /** Sets the interrupt pin register. */
    public void intrPin(int value) {
        u8(INTR_PIN, value);
    }

    /** {@return a base address register; the index is 0 to 5} */
    public int bar(int index) {
        return u32(element(BAR, index, 6, 4));
    }

    /** Sets a base address register; the index is 0 to 5. */
    public void bar(int index, int value) {
        u32(element(BAR, index, 6, 4), value);
    }
}

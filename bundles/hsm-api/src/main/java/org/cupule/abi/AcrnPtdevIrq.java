package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_ptdev_irq}: the argument of SET_PTDEV_INTR and RESET_PTDEV_INTR. ACRN's own copy has 24 bytes, of
 * which it reads byte 16 as a boolean ({@code hsm.md} 2.5).
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnPtdevIrq extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_ptdev_irq", C.u32("type"), C.u16("virt_bdf"),
            C.u16("phys_bdf"), C.struct("intx", C.u32("virt_pin"), C.u32("phys_pin"), C.u32("is_pic_pin")));

    private static final long TYPE = C.offset(LAYOUT, "type");
    private static final long VIRT_BDF = C.offset(LAYOUT, "virt_bdf");
    private static final long PHYS_BDF = C.offset(LAYOUT, "phys_bdf");
    private static final long VIRT_PIN = C.offset(LAYOUT, "intx", "virt_pin");
    private static final long PHYS_PIN = C.offset(LAYOUT, "intx", "phys_pin");
    private static final long IS_PIC_PIN = C.offset(LAYOUT, "intx", "is_pic_pin");

    /** Views the first bytes of a segment. */
    public AcrnPtdevIrq(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the kind of interrupt: 0 INTx, 1 MSI, 2 MSI-X} */
    public int type() {
        return u32(TYPE);
    }

    /** Sets the kind of interrupt: 0 INTx, 1 MSI, 2 MSI-X. */
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

    /** {@return the guest's pin} */
    public int virtPin() {
        return u32(VIRT_PIN);
    }

    /** Sets the guest's pin. */
    public void virtPin(int value) {
        u32(VIRT_PIN, value);
    }

    /** {@return the host's pin} */
    public int physPin() {
        return u32(PHYS_PIN);
    }

    /** Sets the host's pin. */
    public void physPin(int value) {
        u32(PHYS_PIN, value);
    }

    /** {@return whether the guest's pin is one of the 8259 pair: not zero} */
    public int isPicPin() {
        return u32(IS_PIC_PIN);
    }

    /** Sets whether the guest's pin is one of the 8259 pair: not zero. */
    public void isPicPin(int value) {
        u32(IS_PIC_PIN, value);
    }
}

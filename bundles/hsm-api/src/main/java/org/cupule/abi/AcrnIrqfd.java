package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_irqfd}: the argument of IRQFD.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnIrqfd extends CStruct {
    /** Flag: take it away. */
    public static final int DEASSIGN = 1;

    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_irqfd", C.u32("fd"), C.u32("flags"),
            AcrnMsiEntry.LAYOUT.withName("msi"));

    private static final long FD = C.offset(LAYOUT, "fd");
    private static final long FLAGS = C.offset(LAYOUT, "flags");
    private static final long MSI = C.offset(LAYOUT, "msi");

    /** Views the first bytes of a segment. */
    public AcrnIrqfd(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the eventfd} */
    public int fd() {
        return u32(FD);
    }

    /** Sets the eventfd. */
    public void fd(int value) {
        u32(FD, value);
    }

    /** {@return bits: {@link #DEASSIGN}} */
    public int flags() {
        return u32(FLAGS);
    }

    /** Sets bits: {@link #DEASSIGN}. */
    public void flags(int value) {
        u32(FLAGS, value);
    }

    /** {@return the message that a signal sends} */
    public AcrnMsiEntry msi() {
        return new AcrnMsiEntry(memory().asSlice(MSI));
    }
}

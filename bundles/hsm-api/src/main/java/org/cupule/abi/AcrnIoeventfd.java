package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_ioeventfd}: the argument of IOEVENTFD.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnIoeventfd extends CStruct {
    /** Flag: a port; else memory. */
    public static final int PIO = 1;
    /** Flag: only writes of {@code data} signal. */
    public static final int DATAMATCH = 2;
    /** Flag: take it away. */
    public static final int DEASSIGN = 4;

    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_ioeventfd", C.u32("fd"), C.u32("flags"), C.u64("addr"),
            C.u32("len"), C.u32("reserved"), C.u64("data"));

    private static final long FD = C.offset(LAYOUT, "fd");
    private static final long FLAGS = C.offset(LAYOUT, "flags");
    private static final long ADDR = C.offset(LAYOUT, "addr");
    private static final long LEN = C.offset(LAYOUT, "len");
    private static final long RESERVED = C.offset(LAYOUT, "reserved");
    private static final long DATA = C.offset(LAYOUT, "data");

    /** Views the first bytes of a segment. */
    public AcrnIoeventfd(MemorySegment memory) {
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

    /** {@return bits: {@link #PIO}, {@link #DATAMATCH}, {@link #DEASSIGN}} */
    public int flags() {
        return u32(FLAGS);
    }

    /** Sets bits: {@link #PIO}, {@link #DATAMATCH}, {@link #DEASSIGN}. */
    public void flags(int value) {
        u32(FLAGS, value);
    }

    /** {@return the address} */
    public long addr() {
        return u64(ADDR);
    }

    /** Sets the address. */
    public void addr(long value) {
        u64(ADDR, value);
    }

    /** {@return the length in bytes} */
    public int len() {
        return u32(LEN);
    }

    /** Sets the length in bytes. */
    public void len(int value) {
        u32(LEN, value);
    }

    /** {@return what must be zero} */
    public int reserved() {
        return u32(RESERVED);
    }

    /** Sets what must be zero. */
    public void reserved(int value) {
        u32(RESERVED, value);
    }

    /** {@return the value to compare with} */
    public long data() {
        return u64(DATA);
    }

    /** Sets the value to compare with. */
    public void data(long value) {
        u64(DATA, value);
    }
}

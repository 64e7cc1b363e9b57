package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * One region of a {@link HypercallMemoryBatch}.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class HypercallMemoryRegion extends CStruct {
    /** Type: add the mapping. */
    public static final int ADD = 0;
    /** Type: delete the mapping. */
    public static final int DELETE = 2;

    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("memory region", C.u32("type"), C.u32("prot"), C.u64("gpa"),
            C.u64("service_gpa"), C.u64("size"));

    private static final long TYPE = C.offset(LAYOUT, "type");
    private static final long PROT = C.offset(LAYOUT, "prot");
    private static final long GPA = C.offset(LAYOUT, "gpa");
    private static final long SERVICE_GPA = C.offset(LAYOUT, "service_gpa");
    private static final long SIZE = C.offset(LAYOUT, "size");

    /** Views the first bytes of a segment. */
    public HypercallMemoryRegion(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return {@link #ADD}; anything else deletes} */
    public int type() {
        return u32(TYPE);
    }

    /** Sets {@link #ADD}; anything else deletes. */
    public void type(int value) {
        u32(TYPE, value);
    }

    /** {@return rights and memory type, as in {@link AcrnVmMemmap}} */
    public int prot() {
        return u32(PROT);
    }

    /** Sets rights and memory type, as in {@link AcrnVmMemmap}. */
    public void prot(int value) {
        u32(PROT, value);
    }

    /** {@return the User VM's physical address} */
    public long gpa() {
        return u64(GPA);
    }

    /** Sets the User VM's physical address. */
    public void gpa(long value) {
        u64(GPA, value);
    }

    /** {@return the Service VM's physical address} */
    public long serviceGpa() {
        return u64(SERVICE_GPA);
    }

    /** Sets the Service VM's physical address. */
    public void serviceGpa(long value) {
        u64(SERVICE_GPA, value);
    }

    /** {@return the length in bytes} */
    public long size() {
        return u64(SIZE);
    }

    /** Sets the length in bytes. */
    public void size(long value) {
        u64(SIZE, value);
    }
}

package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The argument of the hypercall that sets memory regions: where an array of {@link HypercallMemoryRegion} lies
 * ({@code hsm.md} 3.3).
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class HypercallMemoryBatch extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("memory batch", C.u16("vmid"), C.array("pad", 3, C.U16),
            C.u32("count"), C.u64("array"));

    private static final long VMID = C.offset(LAYOUT, "vmid");
    private static final long COUNT = C.offset(LAYOUT, "count");
    private static final long ARRAY = C.offset(LAYOUT, "array");

    /** Views the first bytes of a segment. */
    public HypercallMemoryBatch(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the VM} */
    public int vmid() {
        return u16(VMID);
    }

    /** Sets the VM. */
    public void vmid(int value) {
        u16(VMID, value);
    }

    /** {@return how many regions} */
    public int count() {
        return u32(COUNT);
    }

    /** Sets how many regions. */
    public void count(int value) {
        u32(COUNT, value);
    }

    /** {@return the Service VM's physical address of the array} */
    public long array() {
        return u64(ARRAY);
    }

    /** Sets the Service VM's physical address of the array. */
    public void array(long value) {
        u64(ARRAY, value);
    }
}

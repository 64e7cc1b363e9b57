package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_descriptor_ptr}: the base and limit of a descriptor table; packed.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnDescriptorPtr extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.packed("acrn_descriptor_ptr", C.u16("limit"), C.u64("base"),
            C.array("reserved", 3, C.U16));

    private static final long LIMIT = C.offset(LAYOUT, "limit");
    private static final long BASE = C.offset(LAYOUT, "base");
    private static final long RESERVED_IS_ZERO = C.offset(LAYOUT, "reserved");

    /** Views the first bytes of a segment. */
    public AcrnDescriptorPtr(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the limit in bytes} */
    public int limit() {
        return u16(LIMIT);
    }

    /** Sets the limit in bytes. */
    public void limit(int value) {
        u16(LIMIT, value);
    }

    /** {@return the linear address} */
    public long base() {
        return u64(BASE);
    }

    /** Sets the linear address. */
    public void base(long value) {
        u64(BASE, value);
    }

    /** {@return whether the reserved array is zero} */
    public boolean reservedIsZero() {
        return zero(RESERVED_IS_ZERO, 6);
    }
}

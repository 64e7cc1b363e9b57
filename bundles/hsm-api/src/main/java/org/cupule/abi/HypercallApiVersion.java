package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * What the hypercall 00 answers with ({@code hsm.md} 3.2).
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class HypercallApiVersion extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("api version", C.u32("major"), C.u32("minor"));

    private static final long MAJOR = C.offset(LAYOUT, "major");
    private static final long MINOR = C.offset(LAYOUT, "minor");

    /** Views the first bytes of a segment. */
    public HypercallApiVersion(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the major version} */
    public int major() {
        return u32(MAJOR);
    }

    /** Sets the major version. */
    public void major(int value) {
        u32(MAJOR, value);
    }

    /** {@return the minor version} */
    public int minor() {
        return u32(MINOR);
    }

    /** Sets the minor version. */
    public void minor(int value) {
        u32(MINOR, value);
    }
}

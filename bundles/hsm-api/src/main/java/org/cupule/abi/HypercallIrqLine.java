package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The packed argument of the hypercall that drives a line, and of SET_IRQLINE: the value itself, not an address.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class HypercallIrqLine extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("irq line", C.u32("gsi"), C.u32("op"));

    private static final long GSI = C.offset(LAYOUT, "gsi");
    private static final long OP = C.offset(LAYOUT, "op");

    /** Views the first bytes of a segment. */
    public HypercallIrqLine(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the line} */
    public int gsi() {
        return u32(GSI);
    }

    /** Sets the line. */
    public void gsi(int value) {
        u32(GSI, value);
    }

    /** {@return the operation: 0 high, 1 low, 2 raising pulse, 3 falling pulse} */
    public int op() {
        return u32(OP);
    }

    /** Sets the operation: 0 high, 1 low, 2 raising pulse, 3 falling pulse. */
    public void op(int value) {
        u32(OP, value);
    }
}

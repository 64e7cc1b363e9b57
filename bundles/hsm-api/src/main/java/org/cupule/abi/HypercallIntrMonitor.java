package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The page of the interrupt monitor ({@code hsm.md} 3.3, 10.4): command 0 fills pairs of interrupt and count, command 1
 * sets the delay of injection to {@code buffer(0)} milliseconds.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class HypercallIntrMonitor extends CStruct {
    /** Numbers in the buffer. */
    public static final int NUMBERS = 48;
    /** Command: tell the counts. */
    public static final int GET_DATA = 0;
    /** Command: set the delay. */
    public static final int DELAY_INTERRUPTS = 1;

    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("interrupt monitor", C.u32("cmd"), C.u32("count"),
            C.array("buffer", NUMBERS, C.U64));

    private static final long CMD = C.offset(LAYOUT, "cmd");
    private static final long COUNT = C.offset(LAYOUT, "count");
    private static final long BUFFER = C.offset(LAYOUT, "buffer");

    /** Views the first bytes of a segment. */
    public HypercallIntrMonitor(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the command} */
    public int cmd() {
        return u32(CMD);
    }

    /** Sets the command. */
    public void cmd(int value) {
        u32(CMD, value);
    }

    /** {@return how many numbers of the buffer are used} */
    public int count() {
        return u32(COUNT);
    }

    /** Sets how many numbers of the buffer are used. */
    public void count(int value) {
        u32(COUNT, value);
    }

    /** {@return a number of the buffer; the index is 0 to 47} */
    public long buffer(int index) {
        return u64(element(BUFFER, index, NUMBERS, 8));
    }

    /** Sets a number of the buffer; the index is 0 to 47. */
    public void buffer(int index, long value) {
        u64(element(BUFFER, index, NUMBERS, 8), value);
    }
}

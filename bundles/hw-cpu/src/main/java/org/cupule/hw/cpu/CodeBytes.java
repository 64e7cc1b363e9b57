package org.cupule.hw.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of instructions, one after the other, from the page where a block begins and, for the first instruction
 * that crosses its end, from the next one.
 *
 * @threading confined to its CPU
 */
final class CodeBytes {
    /** Code is marked in lines of 128 bytes, see {@link org.cupule.ram.Ram}. */
    private static final int LINE = 127;

    private final BlockCache cache;
    private final Mmu mmu;
    private final Registers state;
    private final Fault fault;
    private final Leave end;
    private MemorySegment segment = MemorySegment.NULL;
    private @Nullable CodePage page;
    private long marked;
    private long at;
    private long left;
    private long linear;
    private int taken;
    private boolean mayTurn;
    private @Nullable CodePage second;
    private int ahead = -1;

    /**
     * Makes a cursor.
     *
     * @param end
     *            thrown where an instruction that is not the first of its block would cross into another page
     */
    CodeBytes(BlockCache cache, Mmu mmu, Registers state, Fault fault, Leave end) {
        this.cache = cache;
        this.mmu = mmu;
        this.state = state;
        this.fault = fault;
        this.end = end;
    }

    /** Goes to a linear address whose page is known. */
    void seek(long linear, CodePage page) {
        this.linear = linear;
        this.page = page;
        this.segment = page.ram.segment();
        this.at = page.offset + (linear & 0xFFF);
        this.left = 0x1000 - (linear & 0xFFF);
        this.marked = at | LINE;
        this.second = null;
        this.ahead = -1;
    }

    /**
     * An instruction begins.
     *
     * @param mayTurn
     *            whether it may go on in the next page
     */
    void begin(boolean mayTurn) {
        this.mayTurn = mayTurn;
        taken = 0;
    }

    /** {@return how many bytes the instruction has had so far} */
    int taken() {
        return taken;
    }

    /** {@return the page that the instruction has crossed into} */
    @Nullable
    CodePage second() {
        return second;
    }

    /** {@return bytes left in the page} */
    long left() {
        return left;
    }

    int next() {
        if (ahead >= 0) {
            int value = ahead;
            ahead = -1;
            taken++;
            return value;
        }
        int value = read();
        taken++;
        return value;
    }

    /** {@return the next byte without taking it} */
    int peek() {
        if (ahead < 0) {
            ahead = read();
        }
        return ahead;
    }

    int next16() {
        return next() | next() << 8;
    }

    long next32() {
        return next16() | (long) next16() << 16;
    }

    long next64() {
        return next32() | next32() << 32;
    }

    private int read() {
        if (taken >= Decoder.MOST) {
            throw fault.of(X86.GP, 0);
        }
        if (left == 0) {
            turnPage();
        }
        if (at > marked) {
            page.markMore(at);
            marked = at | LINE;
        }
        int value = segment.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
        at++;
        linear++;
        left--;
        return value;
    }

    private void turnPage() {
        if (!mayTurn) {
            throw end;
        }
        linear = mmu.wrap(linear);
        Segment cs = state.segments[X86.CS];
        if (!state.long64 && (linear - cs.base & 0xFFFF_FFFFL) > cs.limit) {
            throw fault.of(X86.GP, 0);
        }
        mmu.fetch(linear);
        second = cache.page(mmu.fetchedRam, mmu.fetchedOffset);
        page = second;
        segment = second.ram.segment();
        at = second.offset;
        marked = at | LINE;
        left = 0x1000;
    }
}

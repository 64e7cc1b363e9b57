package org.cupule.hw.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.cupule.ram.Ram;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of instructions, one after the other, from the page where a block begins and, for an instruction that
 * crosses its end, from the next one.
 *
 * @threading confined to its CPU
 */
final class CodeBytes {
    private final Mmu mmu;
    private final Registers state;
    private final Fault fault;
    private @Nullable MemorySegment segment;
    private long at;
    private long left;
    private long linear;
    private int taken;
    private boolean crossed;
    private int ahead = -1;

    CodeBytes(Mmu mmu, Registers state, Fault fault) {
        this.mmu = mmu;
        this.state = state;
        this.fault = fault;
    }

    /** Goes to a linear address whose page is known. */
    void seek(long linear, Ram ram, long offset) {
        this.linear = linear;
        this.segment = ram.segment();
        this.at = offset;
        this.left = 0x1000 - (linear & 0xFFF);
        this.crossed = false;
        this.ahead = -1;
    }

    /** An instruction begins. */
    void begin() {
        taken = 0;
    }

    /** {@return how many bytes the instruction has had so far} */
    int taken() {
        return taken;
    }

    /** {@return whether the end of the first page was passed} */
    boolean crossed() {
        return crossed;
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
        int value = segment.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
        at++;
        linear++;
        left--;
        return value;
    }

    private void turnPage() {
        if (!state.long64) {
            linear &= 0xFFFF_FFFFL;
        }
        mmu.fetch(linear);
        mmu.fetchedRam.markCode(mmu.fetchedOffset);
        segment = mmu.fetchedRam.segment();
        at = mmu.fetchedOffset;
        left = 0x1000;
        crossed = true;
    }
}

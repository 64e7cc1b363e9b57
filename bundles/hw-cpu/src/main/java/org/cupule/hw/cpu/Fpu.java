package org.cupule.hw.cpu;

import java.util.Arrays;
import org.cupule.state.ModelState;

/**
 * The FPU's registers but its control word. Source: SDM volume 1, "x87 FPU Execution Environment".
 *
 * <pre>
 *  status   15  14  13  12  11  10   9   8   7   6   5   4   3   2   1   0
 *            B  C3  --- TOP --- C2  C1  C0  ES  SF  PE  UE  OE  ZE  DE  IE
 * </pre>
 *
 * @threading confined to its CPU
 */
final class Fpu {
    static final int C0 = 0x100;
    static final int C1 = 0x200;
    static final int C2 = 0x400;
    static final int C3 = 0x4000;
    static final int SUMMARY = 0x8080;

    final Extended[] registers = new Extended[8];
    /** A bit for each register, by its own number, that holds nothing. */
    int empty;
    /** The status word without TOP. */
    int status;
    /** Which register is ST(0). */
    int top;
    /** Where the last instruction that was no control instruction lies, and its operand. */
    long codeOffset;
    long dataOffset;
    int codeSelector;
    int dataSelector;
    /** The lower eleven bits of that instruction. */
    int opcode;

    Fpu() {
        Arrays.setAll(registers, i -> new Extended());
    }

    /** After power-on: all registers hold +0. */
    void reset() {
        initialise();
        empty = 0;
        for (Extended register : registers) {
            register.set(0, 0);
        }
    }

    /** FNINIT, without the control word. */
    void initialise() {
        empty = 0xFF;
        status = 0;
        top = 0;
        codeOffset = dataOffset = 0;
        codeSelector = dataSelector = opcode = 0;
    }

    Extended st(int i) {
        return registers[top + i & 7];
    }

    boolean empty(int i) {
        return (empty >> (top + i & 7) & 1) != 0;
    }

    void empty(int i, boolean nothing) {
        int bit = 1 << (top + i & 7);
        empty = nothing ? empty | bit : empty & ~bit;
    }

    void turn(int by) {
        top = top + by & 7;
    }

    /** Tells of exceptions that are pending and not masked in a control word. */
    void summarise(int control) {
        boolean pending = (status & ~control & 0x3F) != 0;
        status = pending ? status | SUMMARY : status & ~SUMMARY;
    }

    int statusWord() {
        return status | top << 11;
    }

    void statusWord(int word) {
        status = word & ~0x3800;
        top = word >> 11 & 7;
    }

    /** {@return two bits a register: valid, zero, special, empty} */
    int tagWord() {
        int tags = 0;
        for (int i = 0; i < 8; i++) {
            Extended r = registers[i];
            int tag = (empty >> i & 1) != 0
                    ? 3
                    : r.zero() ? 1 : r.exponent() == 0 || r.exponent() == Extended.SPECIAL || r.unsupported() ? 2 : 0;
            tags |= tag << 2 * i;
        }
        return tags;
    }

    void tagWord(int tags) {
        empty = 0;
        for (int i = 0; i < 8; i++) {
            empty |= (tags >> 2 * i & 3) == 3 ? 1 << i : 0;
        }
    }

    /**
     * State kind {@code cpu.fpu}, version 1: registers 16 (high, fraction), words (status, empty), last (offsets...).
     */
    ModelState save() {
        long[] all = new long[16];
        for (int i = 0; i < 8; i++) {
            all[2 * i] = registers[i].high;
            all[2 * i + 1] = registers[i].fraction;
        }
        return ModelState.of("cpu.fpu", 1).put("registers", all).put("status", statusWord()).put("empty", empty)
                .put("last", new long[]{codeOffset, codeSelector, dataOffset, dataSelector, opcode}).build();
    }

    void restore(ModelState saved) {
        long[] all = saved.longs("registers", 16);
        long[] last = saved.longs("last", 5);
        for (int i = 0; i < 8; i++) {
            registers[i].set((int) all[2 * i], all[2 * i + 1]);
        }
        statusWord((int) saved.number("status", 0, 0xFFFF));
        empty = (int) saved.number("empty", 0, 0xFF);
        codeOffset = last[0];
        codeSelector = (int) last[1] & 0xFFFF;
        dataOffset = last[2];
        dataSelector = (int) last[3] & 0xFFFF;
        opcode = (int) last[4] & 0x7FF;
    }
}

package org.cupule.hw.cpu;

import static org.cupule.hw.cpu.X86.AF;
import static org.cupule.hw.cpu.X86.ARITHMETIC;
import static org.cupule.hw.cpu.X86.CF;
import static org.cupule.hw.cpu.X86.OF;
import static org.cupule.hw.cpu.X86.PF;
import static org.cupule.hw.cpu.X86.SF;
import static org.cupule.hw.cpu.X86.ZF;

/**
 * What a guest can see of its processor, with the arithmetic flags kept lazily.
 *
 * <p>
 * After an arithmetic operation of n bits three words say all six flags:
 *
 * <pre>
 *  result    the result, sign-extended: ZF is result == 0, SF is result &lt; 0, PF is the parity of its low byte
 *  carries   the carry out of each bit, shifted so that the one out of the sign bit is bit 63:
 *            CF is bit 63, OF is bit 63 xor bit 62, AF is the carry out of bit 3
 *  flagBits  n; 0 says that the flags stand in {@code
 * flags
 * } instead
 * </pre>
 *
 * @threading confined to its CPU
 */
final class Registers {
    /** {@link #watch}: an interrupt shadow. */
    static final int SHADOW = 1;
    /** {@link #watch}: TF or RF is set. */
    static final int STEP = 2;
    /** {@link #watch}: DR7 enables a breakpoint. */
    static final int DEBUG = 4;
    /** {@link #watch}: somebody outside has set a breakpoint. */
    static final int BREAKPOINT = 8;
    /** {@link #watch}: the instruction is executed while all other CPUs stand still. */
    static final int EXCLUSIVE = 16;
    /** {@link #watch}: somebody wants to know when an interrupt can be taken. */
    static final int WINDOW = 32;
    /** {@link #watch}: an instruction is to be executed again with answers. */
    static final int REPLAY = 64;
    /** {@link #watch}: an exit is to be left with. */
    static final int OUT = 128;
    /** {@link #watch}: a task has been entered whose TSS asks for a debug exception. */
    static final int TASK_TRAP = 256;

    /** Index of a register that always holds 0, for address forms without base or index. */
    static final int ZERO = 16;
    /** Index of the linear-free instruction pointer of the running block's head, for RIP-relative addresses. */
    static final int HEAD = 17;

    static final int RAX = 0;
    static final int RCX = 1;
    static final int RDX = 2;
    static final int RBX = 3;
    static final int RSP = 4;
    static final int RBP = 5;
    static final int RSI = 6;
    static final int RDI = 7;

    /** General registers, ZERO and HEAD. */
    final long[] r = new long[18];
    /** Segment registers by their encoding, then LDTR and TR. */
    final Segment[] segments = new Segment[8];
    long rip;
    long result;
    long carries;
    int flagBits;
    /** RFLAGS; the arithmetic ones count only while {@code flagBits} is 0. */
    long flags = 2;
    long cr0;
    long cr2;
    long cr3;
    long cr4;
    long efer;
    long gdtBase;
    int gdtLimit;
    long idtBase;
    int idtLimit;
    final long[] dr = new long[8];
    int cpl;
    /** Whether code of the present CS is 64-bit code, derived. */
    boolean long64;
    /** Whether the default operand and address size of CS is 32 bits, derived. */
    boolean code32;
    /** Whether an unaligned access raises #AC: CR0.AM, EFLAGS.AC and CPL 3, derived. */
    boolean aligned;
    /** Whether an address in a segment below FS is linear as it is: 64-bit code without alignment checks, derived. */
    boolean flat;
    /** Why the loop over blocks must stop behind the present one: the bits above; 0 while all is usual. */
    int watch;
    /** Width and rights of code, derived: see {@link BlockCache}. */
    int mode;
    /** Mask of the stack pointer's width, derived. */
    long stackMask = 0xFFFF;
    /** The four PDPTEs of PAE paging, loaded with CR3. */
    final long[] pdpte = new long[4];

    Registers() {
        for (int i = 0; i < segments.length; i++) {
            segments[i] = new Segment();
        }
    }

    boolean protectedMode() {
        return (cr0 & X86.CR0_PE) != 0 && (flags & X86.VM) == 0;
    }

    boolean realOrV86() {
        return (cr0 & X86.CR0_PE) == 0 || (flags & X86.VM) != 0;
    }

    boolean v86() {
        return (flags & X86.VM) != 0;
    }

    boolean longMode() {
        return (efer & X86.EFER_LMA) != 0;
    }

    int iopl() {
        return (int) flags >> 12 & 3;
    }

    /** {@return the base that instruction pointers are relative to} */
    long segmentBase() {
        return long64 ? 0 : segments[X86.CS].base;
    }

    /** Sets or clears a bit of {@link #watch}. */
    void watch(int bit, boolean on) {
        watch = on ? watch | bit : watch & ~bit;
    }

    /** Sets or clears RF: an instruction breakpoint at the next instruction is passed over. */
    void resume(boolean on) {
        flags = on ? flags | X86.RF : flags & ~X86.RF;
        watch(STEP, (flags & (X86.TF | X86.RF)) != 0);
    }

    /** Derives code and stack width after CS, SS, CR0 or EFER changed. */
    void derive() {
        Segment cs = segments[X86.CS];
        long64 = longMode() && (cs.attributes & Segment.LONG) != 0;
        code32 = !long64 && cs.big();
        mode = (long64 ? 2 : code32 ? 1 : 0) | (cpl == 3 ? 4 : 0);
        aligned = cpl == 3 && (cr0 & X86.CR0_AM) != 0 && (flags & X86.AC) != 0;
        flat = long64 && !aligned;
        stackMask = long64 ? -1L : segments[X86.SS].big() ? 0xFFFF_FFFFL : 0xFFFF;
    }

    // --- general registers by size; 8-bit encodings 4 to 7 without REX are AH CH DH BH, given here as 20 to 23

    int get8(int index) {
        return index < 20 ? (int) r[index] & 0xFF : (int) r[index - 20] >> 8 & 0xFF;
    }

    void set8(int index, int value) {
        if (index < 20) {
            r[index] = r[index] & ~0xFFL | value & 0xFF;
        } else {
            r[index - 20] = r[index - 20] & ~0xFF00L | (long) (value & 0xFF) << 8;
        }
    }

    void set16(int index, int value) {
        r[index] = r[index] & ~0xFFFFL | value & 0xFFFF;
    }

    /** Reads zero-extended. */
    long get(int index, int size) {
        return switch (size) {
            case 1 -> get8(index);
            case 2 -> r[index] & 0xFFFF;
            case 4 -> r[index] & 0xFFFF_FFFFL;
            default -> r[index];
        };
    }

    /** Writes; 4 bytes clear the upper half. */
    void set(int index, int size, long value) {
        switch (size) {
            case 1 -> set8(index, (int) value);
            case 2 -> set16(index, (int) value);
            case 4 -> r[index] = value & 0xFFFF_FFFFL;
            default -> r[index] = value;
        }
    }

    // --- flags

    boolean cf() {
        return flagBits != 0 ? carries < 0 : (flags & CF) != 0;
    }

    boolean zf() {
        return flagBits != 0 ? result == 0 : (flags & ZF) != 0;
    }

    boolean sf() {
        return flagBits != 0 ? result < 0 : (flags & SF) != 0;
    }

    boolean of() {
        return flagBits != 0 ? (carries ^ carries << 1) < 0 : (flags & OF) != 0;
    }

    boolean pf() {
        return flagBits != 0 ? (Integer.bitCount((int) result & 0xFF) & 1) == 0 : (flags & PF) != 0;
    }

    boolean af() {
        return flagBits != 0 ? (carries >>> 67 - flagBits & 1) != 0 : (flags & AF) != 0;
    }

    /** {@return whether the condition of a Jcc, SETcc or CMOVcc with this 4-bit code holds} */
    boolean condition(int code) {
        boolean holds = switch (code >> 1) {
            case 0 -> of();
            case 1 -> cf();
            case 2 -> zf();
            case 3 -> cf() || zf();
            case 4 -> sf();
            case 5 -> pf();
            case 6 -> sf() != of();
            default -> zf() || sf() != of();
        };
        return holds != ((code & 1) != 0);
    }

    /** {@return RFLAGS with all flags in place} */
    long rflags() {
        materialize();
        return flags;
    }

    /** Puts the lazy flags into {@code flags}. */
    void materialize() {
        if (flagBits != 0) {
            flags = flags & ~ARITHMETIC | (cf() ? CF : 0) | (pf() ? PF : 0) | (af() ? AF : 0) | (zf() ? ZF : 0)
                    | (sf() ? SF : 0) | (of() ? OF : 0);
            flagBits = 0;
        }
    }

    /** Replaces all of RFLAGS. */
    void rflags(long value) {
        flagBits = 0;
        boolean checks = ((value ^ flags) & X86.AC) != 0;
        flags = value & X86.FLAGS | 2;
        watch(STEP, (flags & (X86.TF | X86.RF)) != 0);
        if (checks) {
            derive();
        }
    }

    /** Sets some arithmetic flags and leaves the others. */
    void flag(int mask, int values) {
        materialize();
        flags = flags & ~mask | values & mask;
    }

    /** Sets the flags after a logical operation of {@code bits} bits. */
    void logic(long signExtended, int bits) {
        result = signExtended;
        carries = 0;
        flagBits = bits;
    }

    /** Sets flags of which CF and OF are given and ZF, SF and PF follow from the result; AF is cleared. */
    void shifted(long signExtended, int bits, boolean cf, boolean of) {
        result = signExtended;
        // bit 63 is CF, bit 62 is CF xor OF
        carries = (cf ? 1L << 63 : 0) | (cf != of ? 1L << 62 : 0);
        flagBits = bits;
    }
}

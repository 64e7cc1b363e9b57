package org.cupule.hw.cpu;

import org.jspecify.annotations.Nullable;

/**
 * One decoded operation. All that can be known from the bytes alone is worked out here, once.
 *
 * <p>
 * An operation of this class is executed by its family. The usual ones are turned into a subclass that does one thing
 * only ({@link Specializer}).
 *
 * @threading immutable after decoding
 */
class Op {
    /** What to do, a constant of {@link Code}. */
    int code;
    /** Which of a family: the ALU operation, the condition, the shift. */
    int kind;
    /** Operand size in bytes: 1, 2, 4 or 8. */
    int size;
    /** The register of ModRM.reg or of the opcode; 8-bit AH CH DH BH are 20 to 23. */
    int reg;
    /** The register of ModRM.rm, when {@link #memory} is false. */
    int rm;
    /** Whether ModRM.rm is memory. */
    boolean memory;
    /** Base register; ZERO for none, HEAD for RIP-relative. */
    int base = Registers.ZERO;
    /** Index register; ZERO for none. */
    int index = Registers.ZERO;
    /** Shift of the index. */
    int scale;
    /** Displacement, sign-extended; for HEAD relative to the head of the block. */
    long disp;
    /** Mask of the address size. */
    long addressMask;
    /** Address size in bytes: 2, 4 or 8. */
    int addressSize;
    /** Segment of the memory operand. */
    int segment;
    /** Immediate, sign-extended to the operand; for a near branch its target's distance from the head of the block. */
    long imm;
    /** Second immediate: the selector of a far pointer, the level of ENTER. */
    int imm2;
    /** LOCK prefix. */
    boolean lock;
    /** 0 none, 0xF3 REP or REPE, 0xF2 REPNE. */
    int rep;
    /** Length in bytes. */
    int length;
    /** Distance of its first byte from the head of the block. */
    int offset;
    /** Whether nothing may follow it in a block. */
    boolean last;
    /** The raw ModRM byte, for operations that look at it whole. */
    int modrm;
    /** How many instructions of its block come before it. */
    int number;
    /** What {@link Code#SIMD} is to do. */
    SimdOpcodes.@Nullable Row simd;

    Op() {
    }

    /** Takes all over from a decoded operation. */
    Op(Op other) {
        code = other.code;
        kind = other.kind;
        size = other.size;
        reg = other.reg;
        rm = other.rm;
        memory = other.memory;
        base = other.base;
        index = other.index;
        scale = other.scale;
        disp = other.disp;
        addressMask = other.addressMask;
        addressSize = other.addressSize;
        segment = other.segment;
        imm = other.imm;
        imm2 = other.imm2;
        lock = other.lock;
        rep = other.rep;
        length = other.length;
        offset = other.offset;
        last = other.last;
        modrm = other.modrm;
        number = other.number;
        simd = other.simd;
    }

    /**
     * Executes it. Registers change only when all accesses have been made, so that a fault or an exit leaves it undone.
     * RIP is set by those that end a block; behind the others it follows from the block.
     */
    void execute(Interpreter at) {
        at.family(this);
    }
}

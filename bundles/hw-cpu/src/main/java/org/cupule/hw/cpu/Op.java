package org.cupule.hw.cpu;

/**
 * One decoded operation. All that can be known from the bytes alone is worked out here, once.
 *
 * @threading immutable after decoding
 */
final class Op {
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
}

package org.cupule.hw.cpu;

import java.util.Arrays;

/**
 * The opcode tables: one-byte opcodes and those after 0F, in opcode order.
 *
 * <p>
 * Operand forms are the manual's: E is ModRM.rm, G ModRM.reg, M memory only, I immediate, J branch distance, O an
 * absolute offset, Z a register in the opcode, S a segment register; b is a byte, w a word, v the operand size, z at
 * most 32 bits, y 32 or 64 bits. Source: SDM volume 2, "Opcode Map".
 *
 * @threading immutable
 */
final class Opcodes {
    /**
     * How the operands stand in the bytes.
     *
     * @threading immutable
     */
    enum Form {
        /** Nothing follows. */
        NONE,
        /** ModRM; byte operands. */
        E_B,
        /** ModRM; operands of the operand size. */
        E_V,
        /** ModRM; word memory or register, whatever the operand size. */
        E_W,
        /** ModRM with an immediate byte; byte operands. */
        E_B_IB,
        /** ModRM with an immediate byte, sign-extended. */
        E_V_IB,
        /** ModRM with an immediate of at most 32 bits. */
        E_V_IZ,
        /** Register in the opcode. */
        Z_V,
        /** Byte register in the opcode with an immediate byte. */
        Z_B_IB,
        /** Register in the opcode with an immediate of the operand size. */
        Z_V_IV,
        /** An immediate byte; byte operands. */
        I_B,
        /** An immediate byte, sign-extended to the operand size. */
        I_B_V,
        /** An immediate of at most 32 bits. */
        I_Z,
        /** An immediate word. */
        I_W,
        /** An immediate word, then a byte. */
        I_W_B,
        /** A branch distance of a byte. */
        J_B,
        /** A branch distance of at most 32 bits. */
        J_Z,
        /** A far pointer. */
        A_P,
        /** An absolute offset; byte operands. */
        O_B,
        /** An absolute offset; operands of the operand size. */
        O_V,
        /** Byte operands in implied places. */
        IMPLIED_B,
        /** Operands of the operand size in implied places. */
        IMPLIED_V,
        /** ModRM whose rm is always a register: control and debug registers. */
        E_REGISTER,
        /** As {@link SimdOpcodes} says. */
        SIMD
    }

    /** Not in 64-bit code. */
    static final int NOT64 = 1;
    /** The operand size is 64 bits in 64-bit code unless a prefix says 16. */
    static final int D64 = 1 << 1;
    /** The operand size is 64 bits in 64-bit code, whatever the prefixes. */
    static final int F64 = 1 << 2;
    /** LOCK is allowed when the destination is memory. */
    static final int LOCK = 1 << 3;
    /** Nothing may follow in a block. */
    static final int LAST = 1 << 4;
    /** The operand is swapped: G is the destination, E the source. */
    static final int TO_REG = 1 << 5;
    /** Memory only. */
    static final int MEM = 1 << 6;

    /**
     * One row.
     *
     * @threading immutable
     */
    record Row(int code, int kind, Form form, int flags) {
    }

    static final Row[] ONE = new Row[256];
    static final Row[] TWO = new Row[256];
    static final Row UNKNOWN = new Row(Code.UNKNOWN, 0, Form.NONE, LAST);
    private static final Row UNKNOWN_E = new Row(Code.UNKNOWN, 0, Form.E_V, LAST);

    private Opcodes() {
    }

    private static void one(int opcode, int code, int kind, Form form, int flags) {
        ONE[opcode] = new Row(code, kind, form, flags);
    }

    private static void two(int opcode, int code, int kind, Form form, int flags) {
        TWO[opcode] = new Row(code, kind, form, flags);
    }

    static {
        Arrays.fill(ONE, UNKNOWN);
        Arrays.fill(TWO, UNKNOWN);
        for (int kind = 0; kind < 8; kind++) {
            int lock = kind == 7 ? 0 : LOCK;
            one(8 * kind, Code.ALU, kind, Form.E_B, lock);
            one(8 * kind + 1, Code.ALU, kind, Form.E_V, lock);
            one(8 * kind + 2, Code.ALU, kind, Form.E_B, TO_REG);
            one(8 * kind + 3, Code.ALU, kind, Form.E_V, TO_REG);
            one(8 * kind + 4, Code.ALU, kind, Form.I_B, 0);
            one(8 * kind + 5, Code.ALU, kind, Form.I_Z, 0);
        }
        one(0x06, Code.PUSH_SEG, X86.ES, Form.NONE, NOT64);
        one(0x07, Code.POP_SEG, X86.ES, Form.NONE, NOT64);
        one(0x0E, Code.PUSH_SEG, X86.CS, Form.NONE, NOT64);
        one(0x16, Code.PUSH_SEG, X86.SS, Form.NONE, NOT64);
        one(0x17, Code.POP_SEG, X86.SS, Form.NONE, NOT64 | LAST);
        one(0x1E, Code.PUSH_SEG, X86.DS, Form.NONE, NOT64);
        one(0x1F, Code.POP_SEG, X86.DS, Form.NONE, NOT64);
        one(0x27, Code.DAA, 0, Form.NONE, NOT64);
        one(0x2F, Code.DAS, 0, Form.NONE, NOT64);
        one(0x37, Code.AAA, 0, Form.NONE, NOT64);
        one(0x3F, Code.AAS, 0, Form.NONE, NOT64);
        for (int i = 0; i < 8; i++) {
            one(0x40 + i, Code.INCDEC, 0, Form.Z_V, NOT64);
            one(0x48 + i, Code.INCDEC, 1, Form.Z_V, NOT64);
            one(0x50 + i, Code.PUSH, 0, Form.Z_V, D64);
            one(0x58 + i, Code.POP, 0, Form.Z_V, D64);
            one(0x90 + i, Code.XCHG, 0, Form.Z_V, 0);
            one(0xB0 + i, Code.MOV, 0, Form.Z_B_IB, 0);
            one(0xB8 + i, Code.MOV, 0, Form.Z_V_IV, 0);
            two(0xC8 + i, Code.BSWAP, 0, Form.Z_V, 0);
        }
        for (int i = 0; i < 16; i++) {
            one(0x70 + i, Code.JCC, i, Form.J_B, F64 | LAST);
            two(0x80 + i, Code.JCC, i, Form.J_Z, F64 | LAST);
            two(0x40 + i, Code.CMOV, i, Form.E_V, TO_REG);
            two(0x90 + i, Code.SETCC, i, Form.E_B, 0);
        }
        one(0x60, Code.PUSHA, 0, Form.IMPLIED_V, NOT64);
        one(0x61, Code.POPA, 0, Form.IMPLIED_V, NOT64);
        one(0x62, Code.BOUND, 0, Form.E_V, NOT64 | MEM);
        one(0x63, Code.ARPL, 0, Form.E_W, 0); // MOVSXD in 64-bit code
        one(0x68, Code.PUSH, 1, Form.I_Z, D64);
        one(0x69, Code.IMUL3, 0, Form.E_V_IZ, TO_REG);
        one(0x6A, Code.PUSH, 1, Form.I_B_V, D64);
        one(0x6B, Code.IMUL3, 0, Form.E_V_IB, TO_REG);
        one(0x6C, Code.INS, 0, Form.IMPLIED_B, 0);
        one(0x6D, Code.INS, 0, Form.IMPLIED_V, 0);
        one(0x6E, Code.OUTS, 0, Form.IMPLIED_B, 0);
        one(0x6F, Code.OUTS, 0, Form.IMPLIED_V, 0);
        one(0x80, Code.ALU, -1, Form.E_B_IB, LOCK);
        one(0x81, Code.ALU, -1, Form.E_V_IZ, LOCK);
        one(0x82, Code.ALU, -1, Form.E_B_IB, LOCK | NOT64);
        one(0x83, Code.ALU, -1, Form.E_V_IB, LOCK);
        one(0x84, Code.TEST, 0, Form.E_B, 0);
        one(0x85, Code.TEST, 0, Form.E_V, 0);
        one(0x86, Code.XCHG, 0, Form.E_B, LOCK);
        one(0x87, Code.XCHG, 0, Form.E_V, LOCK);
        one(0x88, Code.MOV, 0, Form.E_B, 0);
        one(0x89, Code.MOV, 0, Form.E_V, 0);
        one(0x8A, Code.MOV, 0, Form.E_B, TO_REG);
        one(0x8B, Code.MOV, 0, Form.E_V, TO_REG);
        one(0x8C, Code.MOV_FROM_SEG, 0, Form.E_V, 0);
        one(0x8D, Code.LEA, 0, Form.E_V, TO_REG | MEM);
        one(0x8E, Code.MOV_TO_SEG, 0, Form.E_W, LAST);
        one(0x8F, Code.POP, -1, Form.E_V, D64);
        one(0x98, Code.CBW, 0, Form.IMPLIED_V, 0);
        one(0x99, Code.CWD, 0, Form.IMPLIED_V, 0);
        one(0x9A, Code.CALLF, 0, Form.A_P, NOT64 | LAST);
        one(0x9B, Code.FWAIT, 0, Form.NONE, 0);
        one(0x9C, Code.PUSHF, 0, Form.IMPLIED_V, D64);
        one(0x9D, Code.POPF, 0, Form.IMPLIED_V, D64 | LAST);
        one(0x9E, Code.SAHF, 0, Form.NONE, 0);
        one(0x9F, Code.LAHF, 0, Form.NONE, 0);
        one(0xA0, Code.MOV, 0, Form.O_B, TO_REG);
        one(0xA1, Code.MOV, 0, Form.O_V, TO_REG);
        one(0xA2, Code.MOV, 0, Form.O_B, 0);
        one(0xA3, Code.MOV, 0, Form.O_V, 0);
        string(0xA4, Code.MOVS);
        string(0xA6, Code.CMPS);
        one(0xA8, Code.TEST, 0, Form.I_B, 0);
        one(0xA9, Code.TEST, 0, Form.I_Z, 0);
        string(0xAA, Code.STOS);
        string(0xAC, Code.LODS);
        string(0xAE, Code.SCAS);
        one(0xC0, Code.SHIFT, 0, Form.E_B_IB, 0);
        one(0xC1, Code.SHIFT, 0, Form.E_V_IB, 0);
        one(0xC2, Code.RET, 0, Form.I_W, F64 | LAST);
        one(0xC3, Code.RET, 0, Form.IMPLIED_V, F64 | LAST);
        one(0xC4, Code.LXS, X86.ES, Form.E_V, NOT64 | MEM);
        one(0xC5, Code.LXS, X86.DS, Form.E_V, NOT64 | MEM);
        one(0xC6, Code.MOV, -1, Form.E_B_IB, 0);
        one(0xC7, Code.MOV, -1, Form.E_V_IZ, 0);
        one(0xC8, Code.ENTER, 0, Form.I_W_B, D64);
        one(0xC9, Code.LEAVE, 0, Form.IMPLIED_V, D64);
        one(0xCA, Code.RETF, 0, Form.I_W, LAST);
        one(0xCB, Code.RETF, 0, Form.IMPLIED_V, LAST);
        one(0xCC, Code.INT, 3, Form.NONE, LAST);
        one(0xCD, Code.INT, -1, Form.I_B, LAST);
        one(0xCE, Code.INTO, 0, Form.NONE, NOT64 | LAST);
        one(0xCF, Code.IRET, 0, Form.IMPLIED_V, LAST);
        one(0xD0, Code.SHIFT, 1, Form.E_B, 0);
        one(0xD1, Code.SHIFT, 1, Form.E_V, 0);
        one(0xD2, Code.SHIFT, 2, Form.E_B, 0);
        one(0xD3, Code.SHIFT, 2, Form.E_V, 0);
        one(0xD4, Code.AAM, 0, Form.I_B, NOT64);
        one(0xD5, Code.AAD, 0, Form.I_B, NOT64);
        one(0xD6, Code.SALC, 0, Form.NONE, NOT64);
        one(0xD7, Code.XLAT, 0, Form.IMPLIED_B, 0);
        for (int i = 0; i < 8; i++) {
            one(0xD8 + i, Code.FPU, i, Form.E_V, 0);
        }
        one(0xE0, Code.LOOP, 0, Form.J_B, F64 | LAST);
        one(0xE1, Code.LOOP, 1, Form.J_B, F64 | LAST);
        one(0xE2, Code.LOOP, 2, Form.J_B, F64 | LAST);
        one(0xE3, Code.JCXZ, 0, Form.J_B, F64 | LAST);
        one(0xE4, Code.IN, 1, Form.I_B, 0);
        one(0xE5, Code.IN, 1, Form.I_B_V, 0);
        one(0xE6, Code.OUT, 1, Form.I_B, 0);
        one(0xE7, Code.OUT, 1, Form.I_B_V, 0);
        one(0xE8, Code.CALL, 0, Form.J_Z, F64 | LAST);
        one(0xE9, Code.JMP, 0, Form.J_Z, F64 | LAST);
        one(0xEA, Code.JMPF, 0, Form.A_P, NOT64 | LAST);
        one(0xEB, Code.JMP, 0, Form.J_B, F64 | LAST);
        one(0xEC, Code.IN, 0, Form.IMPLIED_B, 0);
        one(0xED, Code.IN, 0, Form.IMPLIED_V, 0);
        one(0xEE, Code.OUT, 0, Form.IMPLIED_B, 0);
        one(0xEF, Code.OUT, 0, Form.IMPLIED_V, 0);
        one(0xF1, Code.INT1, 0, Form.NONE, LAST);
        one(0xF4, Code.HLT, 0, Form.NONE, LAST);
        one(0xF5, Code.CMC, 0, Form.NONE, 0);
        one(0xF6, Code.NOT, -1, Form.E_B, LOCK); // group 3
        one(0xF7, Code.NOT, -1, Form.E_V, LOCK);
        one(0xF8, Code.CLC, 0, Form.NONE, 0);
        one(0xF9, Code.STC, 0, Form.NONE, 0);
        one(0xFA, Code.CLI, 0, Form.NONE, LAST);
        one(0xFB, Code.STI, 0, Form.NONE, LAST);
        one(0xFC, Code.CLD, 0, Form.NONE, 0);
        one(0xFD, Code.STD, 0, Form.NONE, 0);
        one(0xFE, Code.INCDEC, -1, Form.E_B, LOCK); // group 4
        one(0xFF, Code.INCDEC, -2, Form.E_V, LOCK); // group 5
        two(0x00, Code.SLDT, -1, Form.E_V, LAST); // group 6
        two(0x01, Code.SGDT, -1, Form.E_V, LAST); // group 7
        two(0x02, Code.LAR, 0, Form.E_V, TO_REG);
        two(0x03, Code.LSL, 0, Form.E_V, TO_REG);
        two(0x05, Code.SYSCALL, 0, Form.NONE, LAST);
        two(0x06, Code.CLTS, 0, Form.NONE, LAST);
        two(0x07, Code.SYSRET, 0, Form.IMPLIED_V, LAST);
        two(0x08, Code.WBINVD, 0, Form.NONE, 0);
        two(0x09, Code.WBINVD, 0, Form.NONE, 0);
        two(0x0B, Code.UD, 0, Form.NONE, LAST);
        two(0x0D, Code.NOP, 0, Form.E_V, 0);
        for (int i = 0x18; i < 0x20; i++) {
            two(i, Code.NOP, 0, Form.E_V, 0);
        }
        two(0x20, Code.MOV_FROM_CR, 0, Form.E_REGISTER, LAST | F64);
        two(0x21, Code.MOV_FROM_DR, 0, Form.E_REGISTER, LAST | F64);
        two(0x22, Code.MOV_TO_CR, 0, Form.E_REGISTER, LAST | F64);
        two(0x23, Code.MOV_TO_DR, 0, Form.E_REGISTER, LAST | F64);
        two(0x30, Code.WRMSR, 0, Form.NONE, LAST);
        two(0x31, Code.RDTSC, 0, Form.NONE, 0);
        two(0x32, Code.RDMSR, 0, Form.NONE, LAST);
        two(0x33, Code.RDPMC, 0, Form.NONE, LAST);
        two(0x34, Code.SYSENTER, 0, Form.NONE, LAST);
        two(0x35, Code.SYSEXIT, 0, Form.IMPLIED_V, LAST);
        two(0xA0, Code.PUSH_SEG, X86.FS, Form.NONE, D64);
        two(0xA1, Code.POP_SEG, X86.FS, Form.NONE, D64);
        two(0xA2, Code.CPUID, 0, Form.NONE, LAST);
        two(0xA3, Code.BT, 0, Form.E_V, 0);
        two(0xA4, Code.SHLD, 0, Form.E_V_IB, 0);
        two(0xA5, Code.SHLD, 1, Form.E_V, 0);
        two(0xA8, Code.PUSH_SEG, X86.GS, Form.NONE, D64);
        two(0xA9, Code.POP_SEG, X86.GS, Form.NONE, D64);
        two(0xAB, Code.BT, 1, Form.E_V, LOCK);
        two(0xAC, Code.SHRD, 0, Form.E_V_IB, 0);
        two(0xAD, Code.SHRD, 1, Form.E_V, 0);
        two(0xAE, Code.FENCE, -1, Form.E_V, 0); // group 15
        two(0xAF, Code.IMUL2, 0, Form.E_V, TO_REG);
        two(0xB0, Code.CMPXCHG, 0, Form.E_B, LOCK);
        two(0xB1, Code.CMPXCHG, 0, Form.E_V, LOCK);
        two(0xB2, Code.LXS, X86.SS, Form.E_V, MEM | LAST);
        two(0xB3, Code.BT, 2, Form.E_V, LOCK);
        two(0xB4, Code.LXS, X86.FS, Form.E_V, MEM);
        two(0xB5, Code.LXS, X86.GS, Form.E_V, MEM);
        two(0xB6, Code.MOVZX8, 0, Form.E_V, TO_REG);
        two(0xB7, Code.MOVZX16, 0, Form.E_V, TO_REG);
        two(0xB8, Code.POPCNT, 0, Form.E_V, TO_REG); // with F3 only
        TWO[0xB9] = new Row(Code.UD, 0, Form.E_V, LAST);
        two(0xBA, Code.BT, -1, Form.E_V_IB, LOCK); // group 8
        two(0xBB, Code.BT, 3, Form.E_V, LOCK);
        two(0xBC, Code.BSF, 0, Form.E_V, TO_REG);
        two(0xBD, Code.BSR, 0, Form.E_V, TO_REG);
        two(0xBE, Code.MOVSX8, 0, Form.E_V, TO_REG);
        two(0xBF, Code.MOVSX16, 0, Form.E_V, TO_REG);
        two(0xC0, Code.XADD, 0, Form.E_B, LOCK);
        two(0xC1, Code.XADD, 0, Form.E_V, LOCK);
        two(0xC3, Code.MOV, 0, Form.E_V, MEM); // MOVNTI
        two(0xC7, Code.CMPXCHG8B, -1, Form.E_V, LOCK); // group 9
        TWO[0xFF] = new Row(Code.UD, 0, Form.E_V, LAST);
        for (int i = 0x10; i < 0x18; i++) {
            TWO[i] = UNKNOWN_E;
        }
    }

    private static void string(int opcode, int code) {
        one(opcode, code, 0, Form.IMPLIED_B, 0);
        one(opcode + 1, code, 0, Form.IMPLIED_V, 0);
    }
}

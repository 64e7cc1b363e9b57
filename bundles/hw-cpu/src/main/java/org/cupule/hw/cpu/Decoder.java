package org.cupule.hw.cpu;

import static org.cupule.hw.cpu.Opcodes.D64;
import static org.cupule.hw.cpu.Opcodes.F64;
import static org.cupule.hw.cpu.Opcodes.LAST;
import static org.cupule.hw.cpu.Opcodes.LOCK;
import static org.cupule.hw.cpu.Opcodes.MEM;
import static org.cupule.hw.cpu.Opcodes.NOT64;
import static org.cupule.hw.cpu.Opcodes.TO_REG;

import org.cupule.hw.cpu.Opcodes.Form;
import org.cupule.hw.cpu.Opcodes.Row;

/**
 * Turns the bytes of one instruction into an {@link Op}.
 *
 * @threading confined to its CPU
 */
final class Decoder {
    /** The most bytes of an instruction. */
    static final int MOST = 15;

    private static final Row SIMD = new Row(Code.SIMD, 0, Form.SIMD, 0);

    private final CodeBytes bytes;
    private boolean long64;
    private boolean code32;
    private Op op = new Op();
    private int rex;
    private boolean operand16;
    private boolean address;
    private int override;
    private boolean immediateForm;

    Decoder(CodeBytes bytes) {
        this.bytes = bytes;
    }

    /**
     * Decodes the instruction at the cursor of the code bytes.
     *
     * @param offset
     *            its distance from the head of the block
     * @param first
     *            whether it is the first of its block, and may go on in the next page
     */
    Op decode(boolean long64, boolean code32, int offset, boolean first) {
        this.long64 = long64;
        this.code32 = code32;
        op = new Op();
        op.offset = offset;
        rex = 0;
        operand16 = false;
        address = false;
        override = -1;
        bytes.begin(first);
        int opcode = prefixes();
        op.addressSize = long64 ? address ? 4 : 8 : code32 != address ? 4 : 2;
        op.addressMask = op.addressSize == 8 ? -1L : op.addressSize == 4 ? 0xFFFF_FFFFL : 0xFFFF;
        op.segment = override < 0 ? X86.DS : override;
        Row row = opcode == 0x0F ? row2(bytes.next()) : row1(opcode);
        decode(row, opcode);
        op.length = bytes.taken();
        finish();
        return op;
    }

    private int prefixes() {
        while (true) {
            int b = bytes.next();
            switch (b) {
                case 0x26 -> override(X86.ES);
                case 0x2E -> override(X86.CS);
                case 0x36 -> override(X86.SS);
                case 0x3E -> override(X86.DS);
                case 0x64 -> override = X86.FS;
                case 0x65 -> override = X86.GS;
                case 0x66 -> operand16 = true;
                case 0x67 -> address = true;
                case 0xF0 -> op.lock = true;
                case 0xF2, 0xF3 -> op.rep = b;
                default -> {
                    if (!long64 || (b & 0xF0) != 0x40) {
                        return b;
                    }
                    rex = b;
                    int following = bytes.peek();
                    if (!prefix(following)) {
                        return bytes.next();
                    }
                    rex = 0; // a REX prefix counts only right before the opcode
                }
            }
        }
    }

    private boolean prefix(int b) {
        return switch (b) {
            case 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3 -> true;
            default -> (b & 0xF0) == 0x40;
        };
    }

    private void override(int segment) {
        if (!long64) {
            override = segment;
        }
    }

    private Row row1(int opcode) {
        if (long64 && opcode == 0x63) {
            return new Row(Code.MOVSXD, 0, Form.E_V, TO_REG);
        }
        return Opcodes.ONE[opcode];
    }

    private Row row2(int opcode) {
        op.kind = opcode;
        op.simd = SimdOpcodes.row(op.rep, operand16, opcode);
        if (op.simd != null) {
            return SIMD;
        }
        if (opcode == 0xB8 && op.rep != 0xF3) {
            return Opcodes.UNKNOWN;
        }
        return Opcodes.TWO[opcode];
    }

    private void decode(Row row, int opcode) {
        int flags = row.flags();
        if (long64 && (flags & NOT64) != 0) {
            row = Opcodes.UNKNOWN;
        }
        int low = (op.kind != 0 ? op.kind : opcode) & 7;
        op.code = row.code();
        op.kind = row.kind();
        op.last = (flags & LAST) != 0;
        op.size = operandSize(flags);
        operands(row.form(), low, flags);
        groups(flags);
    }

    private int operandSize(int flags) {
        if (!long64) {
            return code32 != operand16 ? 4 : 2;
        }
        if ((rex & 8) != 0 || (flags & F64) != 0) {
            return 8;
        }
        return operand16 ? 2 : (flags & D64) != 0 ? 8 : 4;
    }

    private void operands(Form form, int low, int flags) {
        immediateForm = switch (form) {
            case E_B_IB, E_V_IB, E_V_IZ, Z_B_IB, Z_V_IV, I_B, I_Z -> true;
            default -> false;
        };
        switch (form) {
            case NONE, IMPLIED_V -> {
                // the operand size says it all
            }
            case IMPLIED_B -> op.size = 1;
            case E_B -> {
                op.size = 1;
                modrm(0);
            }
            case E_V -> modrm(0);
            case E_W -> {
                op.size = 2;
                modrm(0);
            }
            case E_B_IB -> {
                op.size = 1;
                modrm(1);
                op.imm = (byte) bytes.next();
            }
            case E_V_IB -> {
                modrm(1);
                op.imm = (byte) bytes.next();
            }
            case E_V_IZ -> {
                modrm(op.size == 2 ? 2 : 4);
                op.imm = immediate(op.size);
            }
            case Z_V -> op.reg = low | (rex & 1) << 3;
            case Z_B_IB -> {
                op.size = 1;
                op.reg = register8(low | (rex & 1) << 3);
                op.imm = (byte) bytes.next();
            }
            case Z_V_IV -> {
                op.reg = low | (rex & 1) << 3;
                op.imm = op.size == 8 ? bytes.next64() : immediate(op.size);
            }
            case I_B -> {
                op.size = 1;
                op.imm = (byte) bytes.next();
            }
            case I_B_V -> op.imm = (byte) bytes.next();
            case I_Z -> op.imm = immediate(op.size);
            case I_W -> op.imm = bytes.next16();
            case I_W_B -> {
                op.imm = bytes.next16();
                op.imm2 = bytes.next();
            }
            case J_B -> {
                op.imm = (byte) bytes.next();
                op.imm += op.offset + bytes.taken();
            }
            case J_Z -> {
                op.imm = op.size == 2 ? (short) bytes.next16() : (int) bytes.next32();
                op.imm += op.offset + bytes.taken();
            }
            case A_P -> {
                op.imm = op.size == 2 ? bytes.next16() : bytes.next32() & 0xFFFF_FFFFL;
                op.imm2 = bytes.next16();
            }
            case O_B, O_V -> {
                op.size = form == Form.O_B ? 1 : op.size;
                op.memory = true;
                op.disp = op.addressSize == 8
                        ? bytes.next64()
                        : op.addressSize == 4 ? bytes.next32() & 0xFFFF_FFFFL : bytes.next16();
            }
            case SIMD -> simd();
            case E_REGISTER -> {
                op.modrm = bytes.next();
                op.reg = op.modrm >> 3 & 7 | (rex & 4) << 1;
                op.rm = op.modrm & 7 | (rex & 1) << 3;
                op.size = long64 ? 8 : 4;
            }
        }
        if ((flags & MEM) != 0 && !op.memory) {
            unknown();
        }
    }

    /** ModRM, for some a row for each value of its reg field, and for some an immediate byte. */
    private void simd() {
        SimdOpcodes.Row row = op.simd;
        op.size = (rex & 8) != 0 ? 8 : 4;
        if ((row.flags() & SimdOpcodes.NO_MODRM) != 0) {
            return;
        }
        boolean immediate = (row.flags() & SimdOpcodes.IMMEDIATE) != 0;
        modrm(immediate ? 1 : 0);
        op.imm = immediate ? bytes.next() : 0;
        row = row.member(op.modrm >> 3 & 7);
        op.simd = row;
        if (row == null || (row.flags() & (op.memory ? SimdOpcodes.REGISTER : SimdOpcodes.MEMORY)) != 0) {
            unknown();
        }
    }

    private long immediate(int size) {
        return size == 2 ? (short) bytes.next16() : (int) bytes.next32();
    }

    private int register8(int index) {
        return rex == 0 && index >= 4 && index < 8 ? index + 16 : index;
    }

    /**
     * @param behind
     *            bytes of the instruction that follow the ModRM bytes: RIP-relative addresses count from its end
     */
    private void modrm(int behind) {
        op.modrm = bytes.next();
        int mod = op.modrm >> 6;
        op.reg = op.modrm >> 3 & 7 | (rex & 4) << 1;
        op.rm = op.modrm & 7 | (rex & 1) << 3;
        if (op.size == 1) {
            op.reg = register8(op.reg);
        }
        if (mod == 3) {
            op.rm = op.size == 1 ? register8(op.rm) : op.rm;
            return;
        }
        op.memory = true;
        if (op.addressSize == 2) {
            memory16(mod, op.modrm & 7);
        } else {
            memory32(mod, op.modrm & 7, behind);
        }
    }

    private void memory16(int mod, int rm) {
        op.base = switch (rm) {
            case 0, 1, 7 -> Registers.RBX;
            case 2, 3, 6 -> Registers.RBP;
            case 4 -> Registers.RSI;
            default -> Registers.RDI;
        };
        op.index = rm > 3 ? Registers.ZERO : (rm & 1) == 0 ? Registers.RSI : Registers.RDI;
        if (mod == 0 && rm == 6) {
            op.base = Registers.ZERO;
            op.disp = bytes.next16();
        } else {
            op.disp = mod == 0 ? 0 : mod == 1 ? (byte) bytes.next() : (short) bytes.next16();
        }
        stackSegment();
    }

    private void memory32(int mod, int rm, int behind) {
        if (rm == 4) {
            int sib = bytes.next();
            op.base = sib & 7 | (rex & 1) << 3;
            op.index = sib >> 3 & 7 | (rex & 2) << 2;
            op.scale = sib >> 6;
            if (op.index == Registers.RSP) {
                op.index = Registers.ZERO;
                op.scale = 0;
            }
            if (mod == 0 && (sib & 7) == 5) {
                op.base = Registers.ZERO;
                op.disp = (int) bytes.next32();
                return;
            }
        } else if (mod == 0 && rm == 5) {
            op.disp = (int) bytes.next32();
            if (long64) {
                op.base = Registers.HEAD;
                op.disp += op.offset + bytes.taken() + behind;
            }
            return;
        } else {
            op.base = rm | (rex & 1) << 3;
        }
        op.disp = mod == 0 ? 0 : mod == 1 ? (byte) bytes.next() : (int) bytes.next32();
        stackSegment();
    }

    /** Addresses through rSP and rBP are in the stack segment. */
    private void stackSegment() {
        boolean stack = op.base == Registers.RBP || op.base == Registers.RSP && op.addressSize != 2;
        if (stack && override < 0) {
            op.segment = X86.SS;
        }
    }

    // --- opcodes whose ModRM.reg says what they do

    private void groups(int flags) {
        int sub = op.modrm >> 3 & 7;
        switch (op.code) {
            case Code.ALU -> op.kind = op.kind < 0 ? sub : op.kind;
            case Code.SHIFT -> shift(sub);
            case Code.NOT -> group3(sub);
            case Code.INCDEC -> group45(sub);
            case Code.SLDT -> group6(sub);
            case Code.SGDT -> group7(sub);
            case Code.BT -> group8(sub);
            case Code.CMPXCHG8B -> group9(sub);
            case Code.FENCE -> group15(sub);
            case Code.POP -> {
                if (op.kind < 0 && sub != 0) {
                    unknown();
                }
            }
            case Code.MOV -> {
                if (op.kind < 0 && sub != 0) {
                    unknown();
                }
            }
            case Code.MOVZX8, Code.MOVSX8 -> narrow(1);
            case Code.MOVZX16, Code.MOVSX16, Code.LAR, Code.LSL -> narrow(2);
            case Code.XCHG -> xchg();
            case Code.INT -> op.imm = op.kind == 3 ? 3 : op.imm & 0xFF;
            case Code.MOV_TO_SEG -> {
                if (sub == X86.CS || sub > X86.GS) {
                    unknown();
                }
                op.last = sub == X86.SS;
            }
            case Code.MOV_FROM_SEG -> {
                if (sub > X86.GS) {
                    unknown();
                }
            }
            case Code.RDPMC, Code.UNKNOWN, Code.UD -> op.last = true;
            default -> {
                // its row has said all
            }
        }
        boolean destination = op.memory && (flags & LOCK) != 0 && (flags & TO_REG) == 0;
        if (op.lock && (!destination || op.code == Code.ALU && op.kind == 7 || op.code == Code.BT && op.kind == 0
                || !lockable())) {
            unknown();
        }
        if ((flags & TO_REG) != 0 && op.code == Code.ALU || op.code == Code.MOV && (flags & TO_REG) != 0) {
            op.imm2 = 1; // the destination is G
        }
    }

    private boolean lockable() {
        return switch (op.code) {
            case Code.ALU, Code.NOT, Code.NEG, Code.INCDEC, Code.BT, Code.XCHG, Code.XADD, Code.CMPXCHG,
                    Code.CMPXCHG8B ->
                true;
            default -> false;
        };
    }

    private void narrow(int source) {
        if (source == 1 && !op.memory) {
            op.rm = register8(op.rm);
        }
        op.imm2 = source;
    }

    private void xchg() {
        if (op.modrm == 0 && op.reg == 0 && !op.memory) {
            op.code = op.rep == 0xF3 ? Code.PAUSE : Code.NOP; // 90
        } else if (op.modrm == 0 && !op.memory && op.kind == 0) {
            op.rm = Registers.RAX;
        }
    }

    private void shift(int sub) {
        op.imm2 = op.kind; // 0 immediate, 1 one, 2 CL
        op.kind = sub == 6 ? 4 : sub;
        if (op.imm2 == 1) {
            op.imm = 1;
        }
    }

    private void group3(int sub) {
        switch (sub) {
            case 0, 1 -> {
                op.code = Code.TEST;
                op.imm = op.size == 1 ? (byte) bytes.next() : immediate(op.size);
                op.kind = 1;
                if (op.base == Registers.HEAD) {
                    op.disp += op.size == 1 ? 1 : op.size == 2 ? 2 : 4;
                }
            }
            case 2 -> op.code = Code.NOT;
            case 3 -> op.code = Code.NEG;
            case 4 -> op.code = Code.MUL;
            case 5 -> op.code = Code.IMUL1;
            case 6 -> op.code = Code.DIV;
            default -> op.code = Code.IDIV;
        }
    }

    private void group45(int sub) {
        if (op.kind >= 0) {
            return;
        }
        boolean five = op.kind == -2;
        op.kind = sub;
        if (sub < 2) {
            op.imm2 = 1; // in ModRM
            return;
        }
        if (!five || sub == 7) {
            unknown();
            return;
        }
        op.last = sub != 6;
        switch (sub) {
            case 2 -> op.code = Code.CALL_E;
            case 3 -> op.code = Code.CALLF_E;
            case 4 -> op.code = Code.JMP_E;
            case 5 -> op.code = Code.JMPF_E;
            default -> {
                op.code = Code.PUSH;
                op.kind = 2;
            }
        }
        if (long64 && (sub == 2 || sub == 4)) {
            op.size = 8;
        }
        if (long64 && sub == 6 && op.size == 4) {
            op.size = 8;
        }
        if ((sub == 3 || sub == 5) && !op.memory) {
            unknown();
        }
    }

    private void group6(int sub) {
        switch (sub) {
            case 0 -> op.code = Code.SLDT;
            case 1 -> op.code = Code.STR;
            case 2 -> op.code = Code.LLDT;
            case 3 -> op.code = Code.LTR;
            case 4 -> op.code = Code.VERR;
            case 5 -> op.code = Code.VERW;
            default -> unknown();
        }
    }

    private void group7(int sub) {
        if (op.memory) {
            int[] codes = {Code.SGDT, Code.SIDT, Code.LGDT, Code.LIDT, Code.SMSW, Code.UNKNOWN, Code.LMSW, Code.INVLPG};
            op.code = codes[sub];
            return;
        }
        op.code = switch (op.modrm) {
            case 0xC1 -> Code.VMCALL;
            case 0xF8 -> long64 ? Code.SWAPGS : Code.UNKNOWN;
            case 0xF9 -> Code.RDTSCP;
            default -> sub == 4 ? Code.SMSW : sub == 6 ? Code.LMSW : Code.UNKNOWN;
        };
    }

    private void group8(int sub) {
        if (op.kind >= 0) {
            return;
        }
        if (sub < 4) {
            unknown();
            return;
        }
        op.kind = sub - 4;
        op.imm2 = 1; // an immediate bit number
    }

    private void group9(int sub) {
        if (sub != 1 || !op.memory) {
            unknown();
        }
        op.size = op.size == 8 ? 16 : 8;
    }

    private void group15(int sub) {
        if (op.memory && sub < 4 && op.rep == 0 && !operand16) {
            op.code = Code.SIMD;
            op.simd = SimdOpcodes.STATE[sub];
        } else if (!op.memory && sub >= 5 && op.rep == 0 && !operand16) {
            op.code = Code.FENCE;
        } else if (op.memory && sub == 7) {
            op.code = Code.CLFLUSH;
        } else {
            unknown();
        }
    }

    private void unknown() {
        op.code = Code.UNKNOWN;
        op.last = true;
    }

    // --- the forms that the interpreter's own switch executes

    private void finish() {
        if (op.code == Code.UNKNOWN && op.memory) {
            op.memory = false;
        }
        if (op.lock) {
            op.imm2 = immediateForm && op.code == Code.ALU ? 2 : op.imm2;
            return;
        }
        switch (op.code) {
            case Code.ALU -> alu();
            case Code.TEST -> test();
            case Code.MOV -> mov();
            case Code.LEA -> op.code = op.size == 8 ? Code.LEA64 : op.size == 4 ? Code.LEA32 : Code.LEA;
            case Code.INCDEC -> incdec();
            case Code.SHIFT -> shiftImmediate();
            case Code.PUSH -> push();
            case Code.POP -> pop();
            case Code.MOVZX8 -> widen(Code.MOVZX8_R, Code.MOVZX8_M);
            case Code.MOVZX16 -> widen(Code.MOVZX16_R, Code.MOVZX16_M);
            case Code.MOVSXD -> op.code = op.size != 8 ? Code.MOVSXD : op.memory ? Code.MOVSXD_M : Code.MOVSXD_R;
            case Code.IMUL2 -> op.code = op.memory || op.size == 2
                    ? Code.IMUL2
                    : op.size == 8 ? Code.IMUL64_RR : Code.IMUL32_RR;
            case Code.CALL -> op.code = long64 ? Code.CALL64 : op.size == 4 ? Code.CALL32 : Code.CALL;
            case Code.RET -> {
                if (op.imm == 0) {
                    op.code = long64 ? Code.RET64 : op.size == 4 ? Code.RET32 : Code.RET;
                }
            }
            case Code.JMP_E -> op.code = long64 && !op.memory ? Code.JMP_R64 : Code.JMP_E;
            case Code.CMOV -> {
                if (!op.memory && op.size >= 4) {
                    op.code = op.size == 8 ? Code.CMOV64 : Code.CMOV32;
                }
            }
            case Code.SETCC -> op.code = op.memory ? Code.SETCC : Code.SETCC_R;
            default -> {
                // executed by a family
            }
        }
    }

    private void widen(int register, int memory) {
        if (op.size >= 4) {
            op.code = op.memory ? memory : register;
        }
    }

    private void alu() {
        boolean immediate = immediateForm;
        op.imm2 = op.imm2 == 1 ? 1 : immediate ? 2 : 0;
        if (op.size == 1 || op.size == 2) {
            if (op.kind == 7 && op.size == 1 && immediate) {
                op.code = op.memory ? Code.CMP_MI8 : Code.CMP_RI8;
            }
            return;
        }
        int wide = op.size == 8 ? 1 : 0;
        int first = Code.ADD_RR32 + op.kind * 6;
        if (!op.memory) {
            if (op.imm2 == 1) {
                op.code = first + wide;
            } else if (op.imm2 == 2) {
                op.reg = op.rm;
                op.code = first + 2 + wide;
            } else {
                int destination = op.rm;
                op.rm = op.reg;
                op.reg = destination;
                op.code = first + wide;
            }
        } else if (op.imm2 == 1) {
            op.code = first + 4 + wide;
        } else if (op.kind == 7) {
            op.code = (op.imm2 == 2 ? Code.CMP_MI32 : Code.CMP_MR32) + wide;
        } else if (op.kind == 0 && op.imm2 == 0) {
            op.code = Code.ADD_MR32 + wide;
        }
    }

    private void test() {
        boolean immediate = immediateForm || op.kind == 1;
        op.imm2 = immediate ? 2 : 0;
        int wide = op.size == 8 ? 1 : 0;
        if (op.size == 1) {
            op.code = immediate ? op.memory ? Code.TEST_MI8 : Code.TEST_RI8 : op.memory ? Code.TEST : Code.TEST_RR8;
        } else if (op.size >= 4 && !op.memory) {
            op.code = (immediate ? Code.TEST_RI32 : Code.TEST_RR32) + wide;
            if (immediate) {
                op.reg = op.rm;
            }
        } else if (op.size >= 4 && !immediate) {
            op.code = Code.TEST_RM32 + wide;
        }
    }

    private void mov() {
        boolean immediate = immediateForm;
        boolean toRegister = op.imm2 == 1;
        op.imm2 = toRegister ? 1 : immediate ? 2 : 0;
        if (immediate && !op.memory) {
            op.reg = op.modrm != 0 ? op.rm : op.reg;
            if (op.size >= 4) {
                op.imm = op.size == 4 ? op.imm & 0xFFFF_FFFFL : op.imm;
                op.code = Code.MOV_RI;
            }
            return;
        }
        if (!op.memory) {
            if (op.size >= 4) {
                if (!toRegister) {
                    int destination = op.rm;
                    op.rm = op.reg;
                    op.reg = destination;
                }
                op.code = op.size == 8 ? Code.MOV_RR64 : Code.MOV_RR32;
            }
            return;
        }
        movMemory(immediate, toRegister);
    }

    private void movMemory(boolean immediate, boolean toRegister) {
        if (immediate) {
            op.code = op.size == 8
                    ? Code.MOV_MI64
                    : op.size == 4 ? Code.MOV_MI32 : op.size == 1 ? Code.MOV_MI8 : Code.MOV;
        } else if (toRegister) {
            op.code = op.size == 8
                    ? Code.MOV_RM64
                    : op.size == 4 ? Code.MOV_RM32 : op.size == 1 ? Code.MOV_RM8 : Code.MOV;
        } else {
            op.code = op.size == 8
                    ? Code.MOV_MR64
                    : op.size == 4 ? Code.MOV_MR32 : op.size == 2 ? Code.MOV_MR16 : Code.MOV_MR8;
        }
    }

    private void incdec() {
        if (op.imm2 == 1 && !op.memory) {
            op.reg = op.rm;
        }
        if (!op.memory && op.size >= 4) {
            op.code = (op.kind == 0 ? Code.INC32 : Code.DEC32) + (op.size == 8 ? 1 : 0);
        }
    }

    private void shiftImmediate() {
        if (op.memory || op.size < 4 || op.imm2 == 2) {
            return;
        }
        int count = (int) op.imm & (op.size == 8 ? 63 : 31);
        if (count == 0 || op.kind < 4) {
            return;
        }
        op.imm = count;
        op.reg = op.rm;
        int wide = op.size == 8 ? 1 : 0;
        op.code = (op.kind == 4 ? Code.SHL32_I : op.kind == 5 ? Code.SHR32_I : Code.SAR32_I) + wide;
    }

    private void push() {
        if (op.kind == 0) {
            op.code = op.size == 8 ? Code.PUSH64 : op.size == 4 && !long64 ? Code.PUSH32 : Code.PUSH;
        }
    }

    private void pop() {
        if (op.kind == 0) {
            op.code = op.size == 8 ? Code.POP64 : op.size == 4 && !long64 ? Code.POP32 : Code.POP;
        }
    }

}

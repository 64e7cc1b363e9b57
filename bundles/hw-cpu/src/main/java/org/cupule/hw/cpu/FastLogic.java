package org.cupule.hw.cpu;

/**
 * The usual forms of AND, OR, XOR, TEST, SHL, SHR and SAR.
 *
 * <p>
 * Names are those of {@link Code}: R register, M memory, I immediate, the destination first, then the operand size.
 *
 * @threading immutable
 */
final class FastLogic {
    private FastLogic() {
    }

    static final class AndRR32 extends Op {
        AndRR32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.logic32(at.state, r[reg] & r[rm]);
        }
    }

    static final class AndRI32 extends Op {
        AndRI32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.logic32(at.state, r[reg] & imm);
        }
    }

    static final class AndRM32 extends Op {
        AndRM32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load32(this);
            long[] r = at.r;
            r[reg] = Alu.logic32(at.state, r[reg] & b);
        }
    }

    static final class OrRR32 extends Op {
        OrRR32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.logic32(at.state, r[reg] | r[rm]);
        }
    }

    static final class OrRI32 extends Op {
        OrRI32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.logic32(at.state, r[reg] | imm);
        }
    }

    static final class OrRM32 extends Op {
        OrRM32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load32(this);
            long[] r = at.r;
            r[reg] = Alu.logic32(at.state, r[reg] | b);
        }
    }

    static final class XorRR32 extends Op {
        XorRR32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.logic32(at.state, r[reg] ^ r[rm]);
        }
    }

    static final class XorRI32 extends Op {
        XorRI32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.logic32(at.state, r[reg] ^ imm);
        }
    }

    static final class XorRM32 extends Op {
        XorRM32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load32(this);
            long[] r = at.r;
            r[reg] = Alu.logic32(at.state, r[reg] ^ b);
        }
    }

    static final class TestRR32 extends Op {
        TestRR32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            Alu.logic32(at.state, r[reg] & r[rm]);
        }
    }

    static final class TestRI32 extends Op {
        TestRI32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            Alu.logic32(at.state, r[reg] & imm);
        }
    }

    static final class TestRM32 extends Op {
        TestRM32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load32(this);
            long[] r = at.r;
            Alu.logic32(at.state, r[reg] & b);
        }
    }

    static final class Shl32I extends Op {
        Shl32I(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = ShiftOps.shl32(at.state, r[reg], (int) imm);
        }
    }

    static final class Shr32I extends Op {
        Shr32I(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = ShiftOps.shr32(at.state, r[reg], (int) imm);
        }
    }

    static final class Sar32I extends Op {
        Sar32I(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = ShiftOps.sar32(at.state, r[reg], (int) imm);
        }
    }

    static final class AndRR64 extends Op {
        AndRR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.logic64(at.state, r[reg] & r[rm]);
        }
    }

    static final class AndRI64 extends Op {
        AndRI64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.logic64(at.state, r[reg] & imm);
        }
    }

    static final class AndRM64 extends Op {
        AndRM64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load64(this);
            long[] r = at.r;
            r[reg] = Alu.logic64(at.state, r[reg] & b);
        }
    }

    static final class OrRR64 extends Op {
        OrRR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.logic64(at.state, r[reg] | r[rm]);
        }
    }

    static final class OrRI64 extends Op {
        OrRI64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.logic64(at.state, r[reg] | imm);
        }
    }

    static final class OrRM64 extends Op {
        OrRM64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load64(this);
            long[] r = at.r;
            r[reg] = Alu.logic64(at.state, r[reg] | b);
        }
    }

    static final class XorRR64 extends Op {
        XorRR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.logic64(at.state, r[reg] ^ r[rm]);
        }
    }

    static final class XorRI64 extends Op {
        XorRI64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.logic64(at.state, r[reg] ^ imm);
        }
    }

    static final class XorRM64 extends Op {
        XorRM64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load64(this);
            long[] r = at.r;
            r[reg] = Alu.logic64(at.state, r[reg] ^ b);
        }
    }

    static final class TestRR64 extends Op {
        TestRR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            Alu.logic64(at.state, r[reg] & r[rm]);
        }
    }

    static final class TestRI64 extends Op {
        TestRI64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            Alu.logic64(at.state, r[reg] & imm);
        }
    }

    static final class TestRM64 extends Op {
        TestRM64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load64(this);
            long[] r = at.r;
            Alu.logic64(at.state, r[reg] & b);
        }
    }

    static final class Shl64I extends Op {
        Shl64I(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = ShiftOps.shl64(at.state, r[reg], (int) imm);
        }
    }

    static final class Shr64I extends Op {
        Shr64I(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = ShiftOps.shr64(at.state, r[reg], (int) imm);
        }
    }

    static final class Sar64I extends Op {
        Sar64I(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = ShiftOps.sar64(at.state, r[reg], (int) imm);
        }
    }

    static final class TestMI8 extends Op {
        TestMI8(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.state.logic((byte) (at.load8(this) & imm), 8);
        }
    }

    static final class TestRR8 extends Op {
        TestRR8(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.state.logic((byte) (at.state.get8(rm) & at.state.get8(reg)), 8);
        }
    }

    static final class TestRI8 extends Op {
        TestRI8(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.state.logic((byte) (at.state.get8(rm) & imm), 8);
        }
    }
}

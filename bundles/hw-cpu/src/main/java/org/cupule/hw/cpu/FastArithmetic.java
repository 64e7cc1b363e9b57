package org.cupule.hw.cpu;

/**
 * The usual forms of ADD, ADC, SBB, SUB, CMP, INC, DEC and IMUL.
 *
 * <p>
 * Names are those of {@link Code}: R register, M memory, I immediate, the destination first, then the operand size.
 *
 * @threading immutable
 */
final class FastArithmetic {
    private FastArithmetic() {
    }

    static final class AddRR32 extends Op {
        AddRR32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.add32(at.state, r[reg], r[rm]);
        }
    }

    static final class AddRI32 extends Op {
        AddRI32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.add32(at.state, r[reg], imm);
        }
    }

    static final class AddRM32 extends Op {
        AddRM32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load32(this);
            at.r[reg] = Alu.add32(at.state, at.r[reg], b);
        }
    }

    static final class SubRR32 extends Op {
        SubRR32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.sub32(at.state, r[reg], r[rm]);
        }
    }

    static final class SubRI32 extends Op {
        SubRI32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.sub32(at.state, r[reg], imm);
        }
    }

    static final class SubRM32 extends Op {
        SubRM32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load32(this);
            at.r[reg] = Alu.sub32(at.state, at.r[reg], b);
        }
    }

    static final class CmpRR32 extends Op {
        CmpRR32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            Alu.sub32(at.state, at.r[reg], at.r[rm]);
        }
    }

    static final class CmpRI32 extends Op {
        CmpRI32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            Alu.sub32(at.state, at.r[reg], imm);
        }
    }

    static final class CmpRM32 extends Op {
        CmpRM32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            Alu.sub32(at.state, at.r[reg], at.load32(this));
        }
    }

    static final class AdcRR32 extends Op {
        AdcRR32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.r[rm];
            at.r[reg] = Alu.addCarry32(at.state, at.r[reg], b);
        }
    }

    static final class AdcRI32 extends Op {
        AdcRI32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = imm;
            at.r[reg] = Alu.addCarry32(at.state, at.r[reg], b);
        }
    }

    static final class AdcRM32 extends Op {
        AdcRM32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load32(this);
            at.r[reg] = Alu.addCarry32(at.state, at.r[reg], b);
        }
    }

    static final class SbbRR32 extends Op {
        SbbRR32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.r[rm];
            at.r[reg] = Alu.subBorrow32(at.state, at.r[reg], b);
        }
    }

    static final class SbbRI32 extends Op {
        SbbRI32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = imm;
            at.r[reg] = Alu.subBorrow32(at.state, at.r[reg], b);
        }
    }

    static final class SbbRM32 extends Op {
        SbbRM32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load32(this);
            at.r[reg] = Alu.subBorrow32(at.state, at.r[reg], b);
        }
    }

    static final class CmpMI32 extends Op {
        CmpMI32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            Alu.sub32(at.state, at.load32(this), imm);
        }
    }

    static final class CmpMR32 extends Op {
        CmpMR32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            Alu.sub32(at.state, at.load32(this), at.r[reg]);
        }
    }

    static final class AddMR32 extends Op {
        AddMR32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long address = at.address(this, 4, true);
            at.mmu.probe(address, 4); // a fault is one of a write
            long old = at.mmu.load32(address) & 0xFFFF_FFFFL;
            at.mmu.store32(address, (int) (old + at.r[reg]));
            Alu.add32(at.state, old, at.r[reg]);
            at.stored();
        }
    }

    static final class Inc32 extends Op {
        Inc32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = Alu.increment32(at.state, at.r[reg]);
        }
    }

    static final class Dec32 extends Op {
        Dec32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = Alu.decrement32(at.state, at.r[reg]);
        }
    }

    static final class Imul32RR extends Op {
        Imul32RR(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = MultiplyOps.imul32(at.state, at.r[reg], at.r[rm]);
        }
    }

    static final class AddRR64 extends Op {
        AddRR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.add64(at.state, r[reg], r[rm]);
        }
    }

    static final class AddRI64 extends Op {
        AddRI64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.add64(at.state, r[reg], imm);
        }
    }

    static final class AddRM64 extends Op {
        AddRM64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load64(this);
            at.r[reg] = Alu.add64(at.state, at.r[reg], b);
        }
    }

    static final class SubRR64 extends Op {
        SubRR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.sub64(at.state, r[reg], r[rm]);
        }
    }

    static final class SubRI64 extends Op {
        SubRI64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = Alu.sub64(at.state, r[reg], imm);
        }
    }

    static final class SubRM64 extends Op {
        SubRM64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load64(this);
            at.r[reg] = Alu.sub64(at.state, at.r[reg], b);
        }
    }

    static final class CmpRR64 extends Op {
        CmpRR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            Alu.sub64(at.state, at.r[reg], at.r[rm]);
        }
    }

    static final class CmpRI64 extends Op {
        CmpRI64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            Alu.sub64(at.state, at.r[reg], imm);
        }
    }

    static final class CmpRM64 extends Op {
        CmpRM64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            Alu.sub64(at.state, at.r[reg], at.load64(this));
        }
    }

    static final class AdcRR64 extends Op {
        AdcRR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.r[rm];
            at.r[reg] = Alu.addCarry64(at.state, at.r[reg], b);
        }
    }

    static final class AdcRI64 extends Op {
        AdcRI64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = imm;
            at.r[reg] = Alu.addCarry64(at.state, at.r[reg], b);
        }
    }

    static final class AdcRM64 extends Op {
        AdcRM64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load64(this);
            at.r[reg] = Alu.addCarry64(at.state, at.r[reg], b);
        }
    }

    static final class SbbRR64 extends Op {
        SbbRR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.r[rm];
            at.r[reg] = Alu.subBorrow64(at.state, at.r[reg], b);
        }
    }

    static final class SbbRI64 extends Op {
        SbbRI64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = imm;
            at.r[reg] = Alu.subBorrow64(at.state, at.r[reg], b);
        }
    }

    static final class SbbRM64 extends Op {
        SbbRM64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long b = at.load64(this);
            at.r[reg] = Alu.subBorrow64(at.state, at.r[reg], b);
        }
    }

    static final class CmpMI64 extends Op {
        CmpMI64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            Alu.sub64(at.state, at.load64(this), imm);
        }
    }

    static final class CmpMR64 extends Op {
        CmpMR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            Alu.sub64(at.state, at.load64(this), at.r[reg]);
        }
    }

    static final class AddMR64 extends Op {
        AddMR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long address = at.address(this, 8, true);
            at.mmu.probe(address, 8); // a fault is one of a write
            long old = at.mmu.load64(address);
            at.mmu.store64(address, old + at.r[reg]);
            Alu.add64(at.state, old, at.r[reg]);
            at.stored();
        }
    }

    static final class Inc64 extends Op {
        Inc64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = Alu.increment64(at.state, at.r[reg]);
        }
    }

    static final class Dec64 extends Op {
        Dec64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = Alu.decrement64(at.state, at.r[reg]);
        }
    }

    static final class Imul64RR extends Op {
        Imul64RR(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = MultiplyOps.imul64(at.state, at.r[reg], at.r[rm]);
        }
    }

    static final class CmpMI8 extends Op {
        CmpMI8(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            Alu.cmp8(at.state, at.load8(this), imm);
        }
    }

    static final class CmpRI8 extends Op {
        CmpRI8(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            Alu.cmp8(at.state, at.state.get8(rm), imm);
        }
    }
}

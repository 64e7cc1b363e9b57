package org.cupule.hw.cpu;

/**
 * The usual moves, LEA, and what depends on a condition.
 *
 * <p>
 * Names are those of {@link Code}: R register, M memory, I immediate, the destination first, then the operand size.
 *
 * @threading immutable
 */
final class FastMoves {
    private FastMoves() {
    }

    static final class MovRR32 extends Op {
        MovRR32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = r[rm] & 0xFFFF_FFFFL;
        }
    }

    static final class MovRR64 extends Op {
        MovRR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = r[rm];
        }
    }

    static final class MovRI extends Op {
        MovRI(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = imm;
        }
    }

    static final class MovRM32 extends Op {
        MovRM32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = at.load32(this);
        }
    }

    static final class MovRM64 extends Op {
        MovRM64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = at.load64(this);
        }
    }

    static final class MovMR32 extends Op {
        MovMR32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.store32(this, (int) at.r[reg]);
        }
    }

    static final class MovMR64 extends Op {
        MovMR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.store64(this, at.r[reg]);
        }
    }

    static final class MovMR8 extends Op {
        MovMR8(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.store8(this, at.state.get8(reg));
        }
    }

    static final class MovRM8 extends Op {
        MovRM8(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.state.set8(reg, at.load8(this));
        }
    }

    static final class MovMR16 extends Op {
        MovMR16(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.store16(this, (int) at.r[reg]);
        }
    }

    static final class MovMI32 extends Op {
        MovMI32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.store32(this, (int) imm);
        }
    }

    static final class MovMI64 extends Op {
        MovMI64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.store64(this, imm);
        }
    }

    static final class MovMI8 extends Op {
        MovMI8(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.store8(this, (int) imm);
        }
    }

    static final class Movzx8R extends Op {
        Movzx8R(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = at.state.get8(rm);
        }
    }

    static final class Movzx8M extends Op {
        Movzx8M(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = at.load8(this);
        }
    }

    static final class Movzx16R extends Op {
        Movzx16R(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = at.r[rm] & 0xFFFF;
        }
    }

    static final class Movzx16M extends Op {
        Movzx16M(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = at.load16(this);
        }
    }

    static final class MovsxdR extends Op {
        MovsxdR(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = (int) at.r[rm];
        }
    }

    static final class MovsxdM extends Op {
        MovsxdM(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = (int) at.load32(this);
        }
    }

    static final class Lea32 extends Op {
        Lea32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = r[base] + (r[index] << scale) + disp & addressMask & 0xFFFF_FFFFL;
        }
    }

    static final class Lea64 extends Op {
        Lea64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = r[base] + (r[index] << scale) + disp & addressMask;
        }
    }

    static final class Cmov32 extends Op {
        Cmov32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long[] r = at.r;
            r[reg] = (at.state.condition(kind) ? r[rm] : r[reg]) & 0xFFFF_FFFFL;
        }
    }

    static final class Cmov64 extends Op {
        Cmov64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            if (at.state.condition(kind)) {
                at.r[reg] = at.r[rm];
            }
        }
    }

    static final class SetccR extends Op {
        SetccR(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.state.set8(rm, at.state.condition(kind) ? 1 : 0);
        }
    }

    static final class Nop extends Op {
        Nop(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            // nothing
        }
    }
}

package org.cupule.hw.cpu;

/**
 * The usual pushes, pops and near branches.
 *
 * <p>
 * Names are those of {@link Code}: R register, M memory, I immediate, the destination first, then the operand size.
 *
 * @threading immutable
 */
final class FastTransfers {
    private FastTransfers() {
    }

    static final class Push64 extends Op {
        Push64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.push64(at.r[reg]);
        }
    }

    static final class Pop64 extends Op {
        Pop64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.r[reg] = at.pop64();
        }
    }

    static final class Push32 extends Op {
        Push32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.push32(at.r[reg]);
        }
    }

    static final class Pop32 extends Op {
        Pop32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long value = at.cpu.pop(4);
            at.r[reg] = value;
        }
    }

    static final class Jcc extends Op {
        Jcc(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            if (at.state.condition(kind)) {
                at.branch(this);
            } else {
                at.state.rip = at.next(this);
            }
        }
    }

    static final class Jmp extends Op {
        Jmp(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.branch(this);
        }
    }

    static final class Call64 extends Op {
        Call64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long target = at.cpu.checked(at.r[Registers.HEAD] + imm);
            at.push64(at.next(this));
            at.state.rip = target;
        }
    }

    static final class Ret64 extends Op {
        Ret64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.state.rip = at.cpu.checked(at.top64());
            at.r[Registers.RSP] += 8;
        }
    }

    static final class Call32 extends Op {
        Call32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            long target = at.cpu.checked(at.r[Registers.HEAD] + imm & 0xFFFF_FFFFL);
            at.push32(at.next(this));
            at.state.rip = target;
        }
    }

    static final class Ret32 extends Op {
        Ret32(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.state.rip = at.cpu.checked(at.cpu.peek(0, 4));
            at.cpu.release(4);
        }
    }

    static final class JmpR64 extends Op {
        JmpR64(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            at.state.rip = at.cpu.checked(at.r[rm]);
        }
    }

    /** Behind a block that has no branch at its end: RIP follows. Not an instruction. */
    static final class Fall extends Op {
        Fall(int length, int count) {
            offset = length;
            number = count;
            last = true;
        }

        @Override
        void execute(Interpreter at) {
            at.state.rip = at.next(this);
        }
    }
}

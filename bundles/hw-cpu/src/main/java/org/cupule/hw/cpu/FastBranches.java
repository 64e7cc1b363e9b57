package org.cupule.hw.cpu;

/**
 * Conditional branches, a class for each condition: the call that dispatches an operation has then told the condition
 * too.
 *
 * @threading immutable
 */
final class FastBranches {
    private FastBranches() {
    }

    /** {@return the branch with a condition that compilers use, or a general one} */
    static Op of(Op op) {
        return switch (op.kind) {
            case 2 -> new Below(op);
            case 3 -> new NotBelow(op);
            case 4 -> new Zero(op);
            case 5 -> new NotZero(op);
            case 6 -> new NotAbove(op);
            case 7 -> new Above(op);
            case 8 -> new Sign(op);
            case 9 -> new NotSign(op);
            case 12 -> new Less(op);
            case 13 -> new NotLess(op);
            case 14 -> new NotGreater(op);
            case 15 -> new Greater(op);
            default -> new FastTransfers.Jcc(op);
        };
    }

    private abstract static class Branch extends Op {
        Branch(Op op) {
            super(op);
        }

        final void go(Interpreter at, boolean taken) {
            if (taken) {
                at.branch(this);
            } else {
                at.state.rip = at.next(this);
            }
        }
    }

    static final class Below extends Branch {
        Below(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            go(at, at.state.cf());
        }
    }

    static final class NotBelow extends Branch {
        NotBelow(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            go(at, !at.state.cf());
        }
    }

    static final class Zero extends Branch {
        Zero(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            go(at, at.state.zf());
        }
    }

    static final class NotZero extends Branch {
        NotZero(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            go(at, !at.state.zf());
        }
    }

    static final class NotAbove extends Branch {
        NotAbove(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            go(at, at.state.cf() || at.state.zf());
        }
    }

    static final class Above extends Branch {
        Above(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            go(at, !at.state.cf() && !at.state.zf());
        }
    }

    static final class Sign extends Branch {
        Sign(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            go(at, at.state.sf());
        }
    }

    static final class NotSign extends Branch {
        NotSign(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            go(at, !at.state.sf());
        }
    }

    static final class Less extends Branch {
        Less(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            go(at, at.state.sf() != at.state.of());
        }
    }

    static final class NotLess extends Branch {
        NotLess(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            go(at, at.state.sf() == at.state.of());
        }
    }

    static final class NotGreater extends Branch {
        NotGreater(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            go(at, at.state.zf() || at.state.sf() != at.state.of());
        }
    }

    static final class Greater extends Branch {
        Greater(Op op) {
            super(op);
        }

        @Override
        void execute(Interpreter at) {
            go(at, !at.state.zf() && at.state.sf() == at.state.of());
        }
    }
}

package org.cupule.hw.cpu;

/**
 * Pushes, pops, frames, near calls and loops. Source: SDM volume 2.
 *
 * @threading confined to its CPU
 */
final class StackOps {
    private final Processor cpu;
    private final Registers state;
    private final SegmentOps segments;

    StackOps(Processor cpu, SegmentOps segments) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.segments = segments;
    }

    /** PUSH of a register (0), an immediate (1), or ModRM (2). */
    void push(Op op) {
        cpu.push(op.kind == 0 ? state.get(op.reg, op.size) : op.kind == 1 ? op.imm : cpu.readRm(op), op.size);
    }

    /** POP to a register (0) or ModRM; an address through RSP is made with RSP behind the pop. */
    void pop(Op op) {
        long value = cpu.peek(0, op.size);
        if (op.kind == 0) {
            cpu.release(op.size);
            state.set(op.reg, op.size, value);
            return;
        }
        long before = state.r[Registers.RSP];
        cpu.release(op.size);
        try {
            cpu.writeRm(op, value);
        } catch (Fault | Leave e) {
            state.r[Registers.RSP] = before;
            throw e;
        }
    }

    /** PUSH of a segment register, zero-extended. */
    void pushSegment(Op op) {
        cpu.push(state.segments[op.kind].selector, op.size);
    }

    void popSegment(Op op) {
        int selector = (int) cpu.peek(0, op.size == 4 ? 2 : op.size) & 0xFFFF;
        long rsp = state.r[Registers.RSP] + op.size;
        long mask = state.stackMask;
        segments.load(op.kind, selector);
        state.r[Registers.RSP] = mask == 0xFFFF ? state.r[Registers.RSP] & ~mask | rsp & mask : rsp & mask;
        if (op.kind == X86.SS) {
            cpu.hold(true);
        }
    }

    void pusha(Op op) {
        long rsp = state.r[Registers.RSP];
        int size = op.size;
        // all eight slots must be writable before the first is written
        cpu.mmu.probe(cpu.linear(X86.SS, rsp - 8 * size & state.stackMask, size, true), true);
        for (int i = 0; i < 8; i++) {
            long offset = rsp - (i + 1) * size & state.stackMask;
            long value = i == Registers.RSP ? rsp : state.r[i];
            cpu.mmu.store(cpu.linear(X86.SS, offset, size, true), size, value);
        }
        cpu.stackPointer(rsp - 8 * size);
    }

    void popa(Op op) {
        int size = op.size;
        long[] values = new long[8];
        for (int i = 0; i < 8; i++) {
            values[7 - i] = cpu.peek(i * size, size);
        }
        for (int i = 0; i < 8; i++) {
            if (i != Registers.RSP) {
                state.set(i, size, values[i]);
            }
        }
        cpu.release(8L * size);
    }

    void pushf(Op op) {
        if (state.v86() && state.iopl() < 3) {
            throw cpu.gp(0);
        }
        cpu.push(state.rflags() & ~(X86.RF | X86.VM), op.size);
    }

    void popf(Op op) {
        if (state.v86() && state.iopl() < 3) {
            throw cpu.gp(0);
        }
        long value = cpu.peek(0, op.size);
        cpu.release(op.size);
        long mask = X86.ARITHMETIC | X86.TF | X86.DF | X86.NT | X86.AC | X86.ID;
        if (state.cpl == 0) {
            mask |= X86.IOPL;
        }
        if (state.cpl <= state.iopl()) {
            mask |= X86.IF;
        }
        if (op.size == 2) {
            mask &= 0xFFFF;
        }
        long flags = state.rflags();
        state.rflags(flags & ~(mask | X86.RF) | value & mask);
    }

    void enter(Op op) {
        int size = op.size;
        int level = op.imm2 & 31;
        long mask = state.stackMask;
        long rsp = state.r[Registers.RSP];
        long rbp = state.r[Registers.RBP];
        long top = rsp - size & mask;
        write(top, size, rbp);
        long frame = top;
        for (int i = 1; i < level; i++) {
            rbp -= size;
            top = top - size & mask;
            write(top, size, cpu.mmu.load(cpu.linear(X86.SS, rbp & mask, size, false), size));
        }
        if (level > 0) {
            top = top - size & mask;
            write(top, size, frame);
        }
        top = top - op.imm & mask;
        cpu.mmu.probe(cpu.linear(X86.SS, top, size, true), size); // processors touch the new top like that
        state.set(Registers.RBP, size, mask == 0xFFFF ? rsp & ~mask | frame : frame);
        cpu.stackPointer(top);
    }

    private void write(long offset, int size, long value) {
        cpu.mmu.store(cpu.linear(X86.SS, offset, size, true), size, value);
    }

    void leave(Op op) {
        long offset = state.r[Registers.RBP] & state.stackMask;
        long value = cpu.mmu.load(cpu.linear(X86.SS, offset, op.size, false), op.size);
        cpu.stackPointer(offset + op.size);
        state.set(Registers.RBP, op.size, value);
    }

    // --- near branches

    /** CALL with a distance, in 16-bit size. */
    void call(Op op) {
        long target = cpu.checked(state.r[Registers.HEAD] + op.imm & 0xFFFF);
        cpu.push(state.rip, 2);
        state.rip = target;
    }

    /** CALL and JMP through ModRM. */
    void callIndirect(Op op) {
        long target = cpu.checked(cpu.readRm(op));
        cpu.push(state.rip, op.size);
        state.rip = target;
    }

    void jumpIndirect(Op op) {
        cpu.jump(cpu.readRm(op), op.size);
    }

    /** RET with a number of bytes to release. */
    void ret(Op op) {
        cpu.jump(cpu.peek(0, op.size), op.size);
        cpu.release(op.size + (op.imm & 0xFFFF));
    }

    /** LOOPNE, LOOPE, LOOP: kind 0 to 2. */
    void loop(Op op) {
        long count = state.r[Registers.RCX] - 1 & op.addressMask;
        boolean taken = count != 0 && (op.kind == 2 || state.zf() == (op.kind == 1));
        if (taken) {
            cpu.jump(state.r[Registers.HEAD] + op.imm, op.size);
        }
        state.set(Registers.RCX, op.addressSize, count);
    }

    void jcxz(Op op) {
        if ((state.r[Registers.RCX] & op.addressMask) == 0) {
            cpu.jump(state.r[Registers.HEAD] + op.imm, op.size);
        }
    }
}

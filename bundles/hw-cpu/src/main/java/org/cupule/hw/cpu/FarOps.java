package org.cupule.hw.cpu;

import static org.cupule.hw.cpu.X86.CS;
import static org.cupule.hw.cpu.X86.SS;

/**
 * Far jumps, calls and returns, through gates too, and the fast system calls.
 *
 * <p>
 * Source: SDM volume 2, "CALL", "JMP", "RET", "IRET", "SYSCALL", "SYSRET", "SYSENTER", "SYSEXIT".
 *
 * @threading confined to its CPU
 */
final class FarOps {
    private static final int FLAT_CODE = 0xC09B;
    private static final int FLAT_LONG_CODE = 0xA09B;
    private static final int FLAT_DATA = 0xC093;
    private static final int RING3 = 0x60;

    private final Processor cpu;
    private final Registers state;
    private final SegmentOps segments;
    private final TaskOps tasks;
    private final Descriptor code = new Descriptor();
    private final Descriptor stack = new Descriptor();

    FarOps(Processor cpu, SegmentOps segments, TaskOps tasks) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.segments = segments;
        this.tasks = tasks;
    }

    // --- jump and call

    void jump(Op op) {
        transfer(op.imm2 & 0xFFFF, op.imm, op.size, false);
    }

    void call(Op op) {
        transfer(op.imm2 & 0xFFFF, op.imm, op.size, true);
    }

    void indirect(Op op, boolean call) {
        long at = cpu.offset(op);
        long offset = cpu.mmu.load(cpu.linear(op.segment, at, op.size, false), op.size);
        int selector = cpu.mmu.load16(cpu.linear(op.segment, at + op.size & op.addressMask, 2, false));
        transfer(selector, offset, op.size, call);
    }

    private void transfer(int selector, long offset, int size, boolean call) {
        if (state.realOrV86()) {
            transferReal(selector, offset, size, call);
            return;
        }
        if ((selector & 0xFFFC) == 0) {
            throw cpu.gp(0);
        }
        segments.require(selector, code, X86.GP);
        if (code.segment()) {
            checkDirect(selector);
            enterSameLevel(selector, offset, size, call);
        } else {
            system(selector, size, call);
        }
    }

    private void transferReal(int selector, long offset, int size, boolean call) {
        if (offset > 0xFFFF && offset > state.segments[CS].limit) {
            throw cpu.gp(0);
        }
        if (call) {
            reserve(2 * size);
            cpu.push(state.segments[CS].selector, size);
            cpu.push(state.rip, size);
        }
        segments.loadReal(CS, selector);
        state.rip = offset;
        cpu.modeChanged();
    }

    /** Faults before anything is pushed where the stack could not take so many bytes. */
    private void reserve(int bytes) {
        long offset = state.r[Registers.RSP] - bytes & state.stackMask;
        cpu.mmu.probe(cpu.linear(SS, offset, 1, true), true);
    }

    private void checkDirect(int selector) {
        int rpl = selector & 3;
        boolean allowed = code.code() && (code.conforming()
                ? code.dpl() <= state.cpl
                : rpl <= state.cpl && code.dpl() == state.cpl);
        if (!allowed || state.longMode() && code.longCode() && code.big()) {
            throw cpu.gp(selector & 0xFFFC);
        }
        if (!code.present()) {
            throw cpu.fault.of(X86.NP, selector & 0xFFFC);
        }
    }

    private void checkOffset(long offset) {
        boolean long64 = state.longMode() && code.longCode();
        if (long64 ? offset << 16 >> 16 != offset : Long.compareUnsigned(offset, code.limit()) > 0) {
            throw cpu.gp(0);
        }
    }

    private void enterSameLevel(int selector, long offset, int size, boolean call) {
        checkOffset(offset);
        segments.accessed(code); // may fault itself: before anything is changed
        if (call) {
            reserve(2 * size);
            cpu.push(state.segments[CS].selector, size);
            cpu.push(state.rip, size);
        }
        segments.setCode(selector, code, state.cpl);
        state.rip = offset;
    }

    private void system(int selector, int size, boolean call) {
        int type = code.type();
        if (Math.max(state.cpl, selector & 3) > code.dpl()) {
            throw cpu.gp(selector & 0xFFFC);
        }
        boolean gate16 = type == Descriptor.CALL_GATE16 && !state.longMode();
        if (type == Descriptor.CALL_GATE || gate16) {
            if (!code.present()) {
                throw cpu.fault.of(X86.NP, selector & 0xFFFC);
            }
            gate(gate16 ? 2 : state.longMode() ? 8 : 4, call);
        } else if (!state.longMode() && (type == Descriptor.TSS || type == Descriptor.TSS16
                || type == Descriptor.TASK_GATE)) {
            tasks.transfer(selector, code, call);
        } else {
            throw cpu.gp(selector & 0xFFFC);
        }
    }

    private void gate(int size, boolean call) {
        int selector = code.gateSelector();
        long offset = code.gateOffset() | (size == 8 ? code.high << 32 : 0);
        int parameters = size == 8 ? 0 : code.gateParameters();
        if ((selector & 0xFFFC) == 0) {
            throw cpu.gp(0);
        }
        segments.require(selector, code, X86.GP);
        if (!code.code() || code.dpl() > state.cpl || size == 8 && (!code.longCode() || code.big())) {
            throw cpu.gp(selector & 0xFFFC);
        }
        if (!code.present()) {
            throw cpu.fault.of(X86.NP, selector & 0xFFFC);
        }
        if (call && !code.conforming() && code.dpl() < state.cpl) {
            innerCall(selector, size == 2 ? offset & 0xFFFF : offset, size, parameters);
        } else if (!call && !code.conforming() && code.dpl() != state.cpl) {
            throw cpu.gp(selector & 0xFFFC);
        } else {
            enterSameLevel(selector, size == 2 ? offset & 0xFFFF : offset, size, call);
        }
    }

    private void innerCall(int selector, long offset, int size, int parameters) {
        int level = code.dpl();
        checkOffset(offset);
        segments.accessed(code);
        int oldSs = state.segments[SS].selector;
        long oldSp = state.r[Registers.RSP];
        int oldCs = state.segments[CS].selector;
        long[] copied = new long[parameters];
        for (int i = 0; i < parameters; i++) {
            copied[i] = cpu.peek((long) i * size, size);
        }
        var inner = new InnerStack(cpu, segments, tasks, level, stack);
        inner.push(oldSs, size);
        inner.push(oldSp, size);
        for (int i = parameters - 1; i >= 0; i--) {
            inner.push(copied[i], size);
        }
        inner.push(oldCs, size);
        inner.push(state.rip, size);
        inner.commit();
        segments.setCode(selector, code, level);
        state.rip = offset;
    }

    // --- return

    void ret(Op op) {
        int size = op.size;
        if (state.realOrV86()) {
            long offset = cpu.peek(0, size);
            int selector = (int) cpu.peek(size, size) & 0xFFFF;
            if (offset > 0xFFFF && offset > state.segments[CS].limit) {
                throw cpu.gp(0);
            }
            cpu.release(2L * size + (op.imm & 0xFFFF));
            segments.loadReal(CS, selector);
            state.rip = offset;
            cpu.modeChanged();
            return;
        }
        long offset = cpu.peek(0, size);
        int selector = (int) cpu.peek(size, size) & 0xFFFF;
        checkReturn(selector, offset);
        int level = selector & 3;
        if (level == state.cpl) {
            cpu.release(2L * size + (op.imm & 0xFFFF));
            segments.setCode(selector, code, level);
            state.rip = offset;
            return;
        }
        long above = 2L * size + (op.imm & 0xFFFF);
        long newSp = cpu.peek(above, size);
        int newSs = (int) cpu.peek(above + size, size) & 0xFFFF;
        outer(selector, offset, newSs, newSp, level);
        cpu.release(op.imm & 0xFFFF);
    }

    private void checkReturn(int selector, long offset) {
        if ((selector & 0xFFFC) == 0) {
            throw cpu.gp(0);
        }
        segments.require(selector, code, X86.GP);
        int level = selector & 3;
        boolean allowed = code.code() && level >= state.cpl
                && (code.conforming() ? code.dpl() <= level : code.dpl() == level);
        if (!allowed || state.longMode() && code.longCode() && code.big()) {
            throw cpu.gp(selector & 0xFFFC);
        }
        if (!code.present()) {
            throw cpu.fault.of(X86.NP, selector & 0xFFFC);
        }
        checkOffset(offset);
    }

    /** Goes to an outer level with its stack. */
    private void outer(int selector, long offset, int newSs, long newSp, int level) {
        boolean nullStack = (newSs & 0xFFFC) == 0;
        if (nullStack) {
            if (!state.longMode() || !code.longCode() || level == 3 || (newSs & 3) != level) {
                throw cpu.gp(0);
            }
        } else {
            segments.checkStack(newSs, level, X86.GP, stack);
        }
        segments.accessed(code);
        if (!nullStack) {
            segments.accessed(stack);
        }
        segments.setCode(selector, code, level);
        if (nullStack) {
            segments.setNull(SS, newSs);
        } else {
            segments.set(SS, newSs, stack);
        }
        cpu.modeChanged();
        state.rip = offset;
        cpu.stackPointer(newSp);
        segments.dropInner();
    }

    // --- IRET

    void iret(Op op) {
        int size = op.size;
        cpu.nmiBlocked = false;
        if ((state.cr0 & X86.CR0_PE) == 0) {
            iretReal(size);
        } else if (state.v86()) {
            if (state.iopl() < 3) {
                throw cpu.gp(0);
            }
            iretReal(size);
        } else if ((state.flags & X86.NT) != 0) {
            if (state.longMode()) {
                throw cpu.gp(0);
            }
            tasks.returnToLink();
        } else {
            iretProtected(size);
        }
    }

    private void iretReal(int size) {
        long offset = cpu.peek(0, size);
        int selector = (int) cpu.peek(size, size) & 0xFFFF;
        long flags = cpu.peek(2L * size, size);
        if (offset > 0xFFFF && offset > state.segments[CS].limit) {
            throw cpu.gp(0);
        }
        cpu.release(3L * size);
        long keep = X86.VIF | X86.VIP | X86.VM | (state.v86() ? X86.IOPL : 0);
        flags(flags, size, keep);
        segments.loadReal(CS, selector);
        state.rip = offset;
        cpu.modeChanged();
    }

    private void flags(long value, int size, long keep) {
        long mask = X86.FLAGS & ~keep & (size == 2 ? 0xFFFF : -1L);
        state.rflags(state.rflags() & ~mask | value & mask);
    }

    private void iretProtected(int size) {
        long offset = cpu.peek(0, size);
        int selector = (int) cpu.peek(size, size) & 0xFFFF;
        long flags = cpu.peek(2L * size, size);
        if ((flags & X86.VM) != 0 && size == 4 && state.cpl == 0 && !state.longMode()) {
            toV86(offset, selector, flags);
            return;
        }
        checkReturn(selector, offset);
        int level = selector & 3;
        int oldCpl = state.cpl;
        int oldIopl = state.iopl();
        if (level == state.cpl && !state.long64) {
            cpu.release(3L * size);
            segments.setCode(selector, code, level);
            state.rip = offset;
        } else {
            long newSp = cpu.peek(3L * size, size);
            int newSs = (int) cpu.peek(4L * size, size) & 0xFFFF;
            outer(selector, offset, newSs, newSp, level);
        }
        long keep = X86.VIF | X86.VIP | X86.VM | (oldCpl != 0 ? X86.IOPL : 0) | (oldCpl > oldIopl ? X86.IF : 0);
        flags(flags, size, keep);
    }

    private void toV86(long offset, int selector, long flags) {
        long newSp = cpu.peek(12, 4);
        int[] selectors = new int[5];
        for (int i = 0; i < 5; i++) {
            selectors[i] = (int) cpu.peek(16 + 4L * i, 4) & 0xFFFF;
        }
        state.rflags(flags);
        state.cpl = 3;
        segments.loadReal(CS, selector);
        segments.loadReal(SS, selectors[0]);
        segments.loadReal(X86.ES, selectors[1]);
        segments.loadReal(X86.DS, selectors[2]);
        segments.loadReal(X86.FS, selectors[3]);
        segments.loadReal(X86.GS, selectors[4]);
        cpu.modeChanged();
        state.rip = offset & 0xFFFF;
        state.r[Registers.RSP] = newSp;
    }

    // --- fast system calls

    void syscall() {
        Msrs msrs = cpu.msrs;
        if ((state.efer & X86.EFER_SCE) == 0 || !state.long64) {
            throw cpu.ud();
        }
        cpu.entered = true;
        long flags = state.rflags();
        state.r[Registers.RCX] = state.rip;
        state.r[11] = flags & ~X86.RF;
        state.rip = msrs.lstar;
        state.rflags(flags & ~msrs.fmask & ~X86.RF);
        int selector = (int) (msrs.star >>> 32) & 0xFFFC;
        flat(CS, selector, FLAT_LONG_CODE);
        flat(SS, selector + 8, FLAT_DATA);
        state.cpl = 0;
        cpu.modeChanged();
    }

    void sysret(Op op) {
        Msrs msrs = cpu.msrs;
        if ((state.efer & X86.EFER_SCE) == 0 || !state.long64) {
            throw cpu.ud();
        }
        cpu.requireRing0();
        int selector = (int) (msrs.star >>> 48);
        boolean to64 = op.size == 8;
        long target = to64 ? state.r[Registers.RCX] : state.r[Registers.RCX] & 0xFFFF_FFFFL;
        if (target << 16 >> 16 != target) {
            throw cpu.gp(0);
        }
        state.rip = target;
        state.rflags(state.r[11] & ~(X86.RF | X86.VM));
        flat(CS, (to64 ? selector + 16 : selector) | 3, (to64 ? FLAT_LONG_CODE : FLAT_CODE) | RING3);
        flat(SS, selector + 8 | 3, FLAT_DATA | RING3);
        state.cpl = 3;
        cpu.modeChanged();
    }

    void sysenter() {
        Msrs msrs = cpu.msrs;
        if ((state.cr0 & X86.CR0_PE) == 0 || (msrs.sysenterCs & 0xFFFC) == 0) {
            throw cpu.gp(0);
        }
        int selector = (int) msrs.sysenterCs & 0xFFFC;
        cpu.entered = true;
        state.rflags(state.rflags() & ~(X86.VM | X86.IF));
        flat(CS, selector, state.longMode() ? FLAT_LONG_CODE : FLAT_CODE);
        flat(SS, selector + 8, FLAT_DATA);
        state.cpl = 0;
        cpu.modeChanged();
        long mask = state.longMode() ? -1L : 0xFFFF_FFFFL;
        state.r[Registers.RSP] = msrs.sysenterEsp & mask;
        state.rip = msrs.sysenterEip & mask;
    }

    void sysexit(Op op) {
        Msrs msrs = cpu.msrs;
        boolean to64 = op.size == 8;
        if ((state.cr0 & X86.CR0_PE) == 0 || (msrs.sysenterCs & 0xFFFC) == 0 || state.cpl != 0) {
            throw cpu.gp(0);
        }
        long mask = to64 ? -1L : 0xFFFF_FFFFL;
        long target = state.r[Registers.RDX] & mask;
        if (target << 16 >> 16 != target) {
            throw cpu.gp(0);
        }
        int selector = (int) msrs.sysenterCs & 0xFFFC;
        flat(CS, selector + (to64 ? 32 : 16) | 3, (to64 ? FLAT_LONG_CODE : FLAT_CODE) | RING3);
        flat(SS, selector + (to64 ? 40 : 24) | 3, FLAT_DATA | RING3);
        state.cpl = 3;
        cpu.modeChanged();
        state.r[Registers.RSP] = state.r[Registers.RCX] & mask;
        state.rip = target;
    }

    private void flat(int segment, int selector, int attributes) {
        state.segments[segment].set(selector & 0xFFFF, 0, 0xFFFF_FFFFL, attributes);
    }
}

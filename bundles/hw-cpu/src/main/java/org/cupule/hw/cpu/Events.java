package org.cupule.hw.cpu;

import static org.cupule.hw.cpu.X86.CS;
import static org.cupule.hw.cpu.X86.SS;

/**
 * Delivers exceptions and interrupts to the guest.
 *
 * <pre>
 *  64-bit gate   127..96        95..64       63..48        47 46 45 44 43..40  34..32  31..16    15..0
 *               +-----------+-------------+-------------+--+-----+--+------+--------+---------+--------+
 *               | reserved  | offset high | offset 31:16|P | DPL |0 | type |  IST   | selector| offset |
 *               +-----------+-------------+-------------+--+-----+--+------+--------+---------+--------+
 * </pre>
 *
 * <p>
 * Source: SDM volume 3, "Interrupt and Exception Handling".
 *
 * @threading confined to its CPU
 */
final class Events {
    /** An exception. */
    static final int EXCEPTION = 0;
    /** INT n, INT3, INTO: the gate's DPL counts. */
    static final int SOFTWARE = 1;
    /** INT1: like an exception, but a trap. */
    static final int PRIVILEGED_SOFTWARE = 2;
    /** An interrupt from outside, or an NMI. */
    static final int EXTERNAL = 3;

    private final Processor cpu;
    private final Registers state;
    private final SegmentOps segments;
    private final TaskOps tasks;
    private final Descriptor gate = new Descriptor();
    private final Descriptor code = new Descriptor();
    private final Descriptor stack = new Descriptor();

    Events(Processor cpu, SegmentOps segments, TaskOps tasks) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.segments = segments;
        this.tasks = tasks;
    }

    /** {@return whether an exception pushes an error code} */
    static boolean hasCode(int vector) {
        return vector == X86.DF_ || vector >= X86.TS && vector <= X86.PG || vector == X86.AC_;
    }

    /**
     * Delivers an event; RIP is what is pushed.
     *
     * @param code
     *            the error code, or {@link Fault#NO_CODE}
     * @return false after a triple fault
     */
    boolean deliver(int vector, int code, int kind) {
        int first = vector;
        while (true) {
            try {
                attempt(first, code, kind);
                return true;
            } catch (Fault second) {
                int next = second.vector;
                if (first == X86.DF_ && kind == EXCEPTION) {
                    return false;
                }
                boolean becomesDouble = kind == EXCEPTION && contributory(first) && contributory(next)
                        && (next != X86.PG || first == X86.PG);
                if (becomesDouble) {
                    first = X86.DF_;
                    code = 0;
                } else {
                    first = next;
                    code = hasCode(next) ? second.code : Fault.NO_CODE;
                }
                kind = EXCEPTION;
            }
        }
    }

    /** Delivers the event of an INT instruction; a fault on the way is left to the instruction. */
    void software(int vector, int kind) {
        attempt(vector, Fault.NO_CODE, kind);
    }

    private static boolean contributory(int vector) {
        return vector == X86.DE || vector >= X86.TS && vector <= X86.PG;
    }

    private void attempt(int vector, int errorCode, int kind) {
        long rsp = state.r[Registers.RSP];
        long version = cpu.stackVersion;
        try {
            if ((state.cr0 & X86.CR0_PE) == 0) {
                real(vector);
            } else if (state.longMode()) {
                long64(vector, errorCode, kind);
            } else {
                protectedMode(vector, errorCode, kind);
            }
        } catch (Fault | Leave e) {
            if (version == cpu.stackVersion) {
                state.r[Registers.RSP] = rsp;
            }
            throw e;
        }
    }

    private void real(int vector) {
        if (4 * vector + 3 > state.idtLimit) {
            throw cpu.gp(0);
        }
        long entry = cpu.mmu.load32(state.idtBase + 4 * vector & 0xFFFF_FFFFL) & 0xFFFF_FFFFL;
        long flags = state.rflags();
        cpu.push(flags, 2);
        cpu.push(state.segments[CS].selector, 2);
        cpu.push(state.rip, 2);
        state.rflags(flags & ~(X86.IF | X86.TF | X86.AC | X86.RF));
        segments.loadReal(CS, (int) (entry >>> 16));
        state.rip = entry & 0xFFFF;
        cpu.modeChanged();
    }

    /** {@return the bit of an error code that says whether the event came from outside the program} */
    private static int ext(int kind) {
        return kind == SOFTWARE ? 0 : 1;
    }

    private Fault bad(int vector, int kind) {
        return cpu.gp(vector * 8 + 2 + ext(kind));
    }

    private long table(long linear) {
        boolean before = cpu.mmu.asSystem();
        try {
            return cpu.mmu.load64(linear);
        } finally {
            cpu.mmu.asGuest(before);
        }
    }

    private void switchTask(int selector, int kind) {
        try {
            tasks.interrupt(selector);
        } catch (Fault e) {
            e.code |= e.vector >= X86.TS && e.vector <= X86.GP ? ext(kind) : 0;
            throw e;
        }
    }

    private void protectedMode(int vector, int errorCode, int kind) {
        if (8 * vector + 7 > state.idtLimit) {
            throw bad(vector, kind);
        }
        gate.low = table(state.idtBase + 8L * vector & 0xFFFF_FFFFL);
        gate.high = 0;
        int type = gate.segment() ? -1 : gate.type();
        boolean wide = type == Descriptor.INTERRUPT_GATE || type == Descriptor.TRAP_GATE;
        boolean narrow = type == Descriptor.INTERRUPT_GATE16 || type == Descriptor.TRAP_GATE16;
        if (!wide && !narrow && type != Descriptor.TASK_GATE || kind == SOFTWARE && gate.dpl() < state.cpl) {
            throw bad(vector, kind);
        }
        if (!gate.present()) {
            throw cpu.fault.of(X86.NP, vector * 8 + 2 + ext(kind));
        }
        if (type == Descriptor.TASK_GATE) {
            switchTask(gate.gateSelector(), kind);
            if (errorCode != Fault.NO_CODE) {
                cpu.push(errorCode, (state.segments[X86.TR].attributes & 8) != 0 ? 4 : 2);
            }
            return;
        }
        enter(wide ? 4 : 2, gate.gateOffset() & (wide ? 0xFFFF_FFFFL : 0xFFFF), errorCode, kind, (type & 1) == 0, 0);
    }

    private void long64(int vector, int errorCode, int kind) {
        if (16 * vector + 15 > (state.idtLimit & 0xFFFF)) {
            throw bad(vector, kind);
        }
        gate.low = table(state.idtBase + 16L * vector);
        gate.high = table(state.idtBase + 16L * vector + 8);
        int type = gate.segment() ? -1 : gate.type();
        if (type != Descriptor.INTERRUPT_GATE && type != Descriptor.TRAP_GATE
                || kind == SOFTWARE && gate.dpl() < state.cpl) {
            throw bad(vector, kind);
        }
        if (!gate.present()) {
            throw cpu.fault.of(X86.NP, vector * 8 + 2 + ext(kind));
        }
        long offset = gate.gateOffset() | gate.high << 32;
        enter(8, offset, errorCode, kind, type == Descriptor.INTERRUPT_GATE, (int) (gate.low >>> 32) & 7);
    }

    private void enter(int size, long offset, int errorCode, int kind, boolean mask, int ist) {
        int ext = ext(kind);
        int selector = gate.gateSelector();
        if ((selector & 0xFFFC) == 0) {
            throw cpu.gp(ext);
        }
        if (!segments.read(selector, code) || !code.code() || code.dpl() > state.cpl
                || size == 8 && (!code.longCode() || code.big())) {
            throw cpu.gp(selector & 0xFFFC | ext);
        }
        if (!code.present()) {
            throw cpu.fault.of(X86.NP, selector & 0xFFFC | ext);
        }
        int level = code.conforming() ? state.cpl : code.dpl();
        if (state.v86() && level != 0) {
            throw cpu.gp(selector & 0xFFFC | ext);
        }
        segments.accessed(code); // may fault itself: before anything is changed
        long flags = state.rflags();
        if (size == 8) {
            enter64(selector, offset, errorCode, flags, level, ist);
        } else if (level < state.cpl) {
            enterInner(size, selector, offset, errorCode, flags, level);
        } else {
            enterSame(size, selector, offset, errorCode, flags, level);
        }
        long cleared = X86.TF | X86.NT | X86.VM | X86.RF | (mask ? X86.IF : 0);
        state.rflags(flags & ~cleared);
        cpu.modeChanged();
    }

    private void enterSame(int size, int selector, long offset, int errorCode, long flags, int level) {
        if (offset > code.limit()) {
            throw cpu.gp(0);
        }
        cpu.push(flags, size);
        cpu.push(state.segments[CS].selector, size);
        cpu.push(state.rip, size);
        if (errorCode != Fault.NO_CODE) {
            cpu.push(errorCode, size);
        }
        segments.setCode(selector, code, level);
        state.rip = offset;
    }

    private void enterInner(int size, int selector, long offset, int errorCode, long flags, int level) {
        if (offset > code.limit()) {
            throw cpu.gp(0);
        }
        var inner = new InnerStack(cpu, segments, tasks, level, stack);
        boolean v86 = state.v86();
        if (v86) {
            for (int segment : new int[]{X86.GS, X86.FS, X86.DS, X86.ES}) {
                inner.push(state.segments[segment].selector, size);
            }
        }
        inner.push(state.segments[SS].selector, size);
        inner.push(state.r[Registers.RSP], size);
        inner.push(flags, size);
        inner.push(state.segments[CS].selector, size);
        inner.push(state.rip, size);
        if (errorCode != Fault.NO_CODE) {
            inner.push(errorCode, size);
        }
        state.flags &= ~X86.VM;
        inner.commit();
        segments.setCode(selector, code, level);
        state.rip = offset;
        if (v86) {
            for (int segment : new int[]{X86.GS, X86.FS, X86.DS, X86.ES}) {
                segments.setNull(segment, 0);
            }
        }
    }

    private void enter64(int selector, long offset, int errorCode, long flags, int level, int ist) {
        if (offset << 16 >> 16 != offset) {
            throw cpu.gp(0);
        }
        boolean inner = level < state.cpl;
        long sp = ist != 0 ? tasks.interruptStack(ist) : inner ? tasks.innerPointer(level) : state.r[Registers.RSP];
        sp &= ~15L;
        long[] frame = {state.segments[SS].selector, state.r[Registers.RSP], flags, state.segments[CS].selector,
                state.rip, errorCode};
        int count = errorCode == Fault.NO_CODE ? 5 : 6;
        boolean before = cpu.mmu.asSystem();
        try {
            for (int i = 0; i < count; i++) {
                sp -= 8;
                if (sp << 16 >> 16 != sp) {
                    throw cpu.fault.of(X86.SS_, 0);
                }
                cpu.mmu.store64(sp, frame[i]);
            }
        } finally {
            cpu.mmu.asGuest(before);
        }
        if (inner) {
            segments.setNull(SS, level);
        }
        segments.setCode(selector, code, level);
        state.r[Registers.RSP] = sp;
        state.rip = offset;
    }
}

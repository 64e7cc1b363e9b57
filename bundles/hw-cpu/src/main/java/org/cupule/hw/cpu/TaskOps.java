package org.cupule.hw.cpu;

import static org.cupule.hw.cpu.X86.LDTR;
import static org.cupule.hw.cpu.X86.TR;

/**
 * The task state segment: stacks of inner levels, the I/O permission bitmap, and task switches.
 *
 * <pre>
 *  32-bit TSS    0 link   4 ESP0  8 SS0 ... 28 CR3  32 EIP  36 EFLAGS  40 EAX ... 68 EDI  72 ES CS SS DS FS GS  96 LDT  102 I/O map
 *  16-bit TSS    0 link   2 SP0   4 SS0 ... 14 IP   16 FLAGS  18 AX ... 32 DI   34 ES CS SS DS                42 LDT
 *  64-bit TSS    4 RSP0  12 RSP1  20 RSP2   36 IST1 ... 84 IST7                                                   102 I/O map
 * </pre>
 *
 * <p>
 * Source: SDM volume 3, "Task Management".
 *
 * @threading confined to its CPU
 */
final class TaskOps {
    private static final int JUMP = 0;
    private static final int CALL = 1;
    private static final int RETURN = 2;
    /** DR7: L0 to L3 and LE, which a task switch clears. */
    private static final long LOCAL_BREAKPOINTS = 0x155;

    private final Processor cpu;
    private final Registers state;
    private final SegmentOps segments;
    private final PhysicalMemory pdptes;
    private final Descriptor descriptor = new Descriptor();

    TaskOps(Processor cpu, SegmentOps segments) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.segments = segments;
        this.pdptes = new PhysicalMemory(cpu.context);
    }

    // --- what the present TSS says

    private boolean tss32() {
        return (state.segments[TR].attributes & 8) != 0;
    }

    private long read(int offset, int size) {
        Segment tr = state.segments[TR];
        if (offset + size - 1 > tr.limit) {
            throw cpu.fault.of(X86.TS, tr.selector & 0xFFFC);
        }
        return load(tr.base + offset, size);
    }

    private long load(long linear, int size) {
        boolean before = cpu.mmu.asSystem();
        try {
            return cpu.mmu.load(linear, size);
        } finally {
            cpu.mmu.asGuest(before);
        }
    }

    private void store(long linear, int size, long value) {
        boolean before = cpu.mmu.asSystem();
        try {
            cpu.mmu.store(linear, size, value);
        } finally {
            cpu.mmu.asGuest(before);
        }
    }

    /** {@return the stack pointer of an inner level} */
    long innerPointer(int level) {
        if (state.longMode()) {
            return read(4 + 8 * level, 8);
        }
        return tss32() ? read(4 + 8 * level, 4) : read(2 + 4 * level, 2);
    }

    /** {@return the stack selector of an inner level} */
    int innerSelector(int level) {
        return (int) (tss32() ? read(8 + 8 * level, 2) : read(4 + 4 * level, 2));
    }

    /** {@return the stack pointer of an interrupt stack table entry, 1 to 7} */
    long interruptStack(int entry) {
        return read(36 + 8 * (entry - 1), 8);
    }

    /** Checks that a port may be used above the I/O privilege level: #GP(0). */
    void requirePort(int port, int size) {
        if (state.protectedMode() && state.cpl <= state.iopl() || (state.cr0 & X86.CR0_PE) == 0) {
            return;
        }
        Segment tr = state.segments[TR];
        if (!tr.usable() || !state.longMode() && !tss32() || tr.limit < 103) {
            throw cpu.gp(0);
        }
        int map = (int) load(tr.base + 102, 2);
        int first = map + (port >> 3);
        if (first + 1 > tr.limit) {
            throw cpu.gp(0);
        }
        int bits = (int) load(tr.base + first, 2) >> (port & 7);
        if ((bits & (1 << size) - 1) != 0) {
            throw cpu.gp(0);
        }
    }

    // --- switching

    /** A far jump or call to a TSS or a task gate, whose rights have been checked. */
    void transfer(int selector, Descriptor target, boolean call) {
        if (target.type() == Descriptor.TASK_GATE) {
            if (!target.present()) {
                throw cpu.fault.of(X86.NP, selector & 0xFFFC);
            }
            selector = target.gateSelector();
        }
        switchTo(selector, call ? CALL : JUMP);
    }

    /** An interrupt through a task gate. */
    void interrupt(int selector) {
        switchTo(selector, CALL);
    }

    /** IRET with NT set. */
    void returnToLink() {
        switchTo((int) read(0, 2), RETURN);
    }

    private void switchTo(int selector, int how) {
        int fault = how == RETURN ? X86.TS : X86.GP;
        if ((selector & 4) != 0 || !segments.read(selector, descriptor) || descriptor.segment()) {
            throw cpu.fault.of(fault, selector & 0xFFFC);
        }
        int type = descriptor.type() & ~2;
        boolean busy = (descriptor.type() & 2) != 0;
        if (type != Descriptor.TSS && type != Descriptor.TSS16 || busy != (how == RETURN)) {
            throw cpu.fault.of(fault, selector & 0xFFFC);
        }
        if (!descriptor.present()) {
            throw cpu.fault.of(X86.NP, selector & 0xFFFC);
        }
        boolean wide = type == Descriptor.TSS;
        if (descriptor.limit() < (wide ? 103 : 43)) {
            throw cpu.fault.of(X86.TS, selector & 0xFFFC);
        }
        long base = descriptor.base();
        touch(base, wide ? 103 : 43, how == CALL);
        saveCurrent(how);
        if (how == CALL) {
            store(base, 2, state.segments[TR].selector);
        }
        if (how != RETURN) {
            segments.type(descriptor, descriptor.type() | 2);
        }
        state.segments[TR].set(selector, base, descriptor.limit(), descriptor.attributes() | 2);
        state.cr0 |= X86.CR0_TS;
        load(base, wide, how);
    }

    /** A page fault of the new TSS comes before anything is written. */
    private void touch(long base, int last, boolean link) {
        boolean before = cpu.mmu.asSystem();
        try {
            cpu.mmu.probe(base, link);
            cpu.mmu.probe(base + last, false);
        } finally {
            cpu.mmu.asGuest(before);
        }
    }

    private void saveCurrent(int how) {
        Segment tr = state.segments[TR];
        boolean wide = tss32();
        long flags = state.rflags();
        if (how == RETURN) {
            flags &= ~X86.NT;
        }
        long base = tr.base;
        int size = wide ? 4 : 2;
        store(base + (wide ? 32 : 14), size, state.rip);
        store(base + (wide ? 36 : 16), size, flags);
        for (int i = 0; i < 8; i++) {
            store(base + (wide ? 40 : 18) + (long) i * size, size, state.r[i]);
        }
        for (int i = 0; i < (wide ? 6 : 4); i++) {
            store(base + (wide ? 72 : 34) + (long) i * size, 2, state.segments[i].selector);
        }
        if (how != CALL && segments.read(tr.selector, busy)) {
            segments.type(busy, busy.type() & ~2);
        }
    }

    private final Descriptor busy = new Descriptor();

    private void load(long base, boolean wide, int how) {
        int size = wide ? 4 : 2;
        long cr3 = wide ? load(base + 28, 4) : state.cr3;
        long rip = load(base + (wide ? 32 : 14), size);
        long flags = load(base + (wide ? 36 : 16), size);
        long[] general = new long[8];
        for (int i = 0; i < 8; i++) {
            general[i] = load(base + (wide ? 40 : 18) + (long) i * size, size);
        }
        int[] selectors = new int[6];
        for (int i = 0; i < (wide ? 6 : 4); i++) {
            selectors[i] = (int) load(base + (wide ? 72 : 34) + (long) i * size, 2);
        }
        int ldt = (int) load(base + (wide ? 96 : 42), 2);
        if (wide && (state.cr0 & X86.CR0_PG) != 0 && cr3 != state.cr3) {
            addressSpace(cr3);
        }
        if ((state.dr[7] & LOCAL_BREAKPOINTS) != 0) {
            state.dr[7] &= ~LOCAL_BREAKPOINTS;
            state.watch(Registers.DEBUG, (state.dr[7] & 0xFF) != 0);
            cpu.mmu.flush();
        }
        cpu.stackVersion++;
        state.rip = rip;
        state.rflags(flags | (how == CALL ? X86.NT : 0));
        for (int i = 0; i < 8; i++) {
            state.set(i, wide ? 4 : 2, general[i]);
        }
        try {
            loadSegments(selectors, ldt);
        } catch (Fault e) {
            cpu.taskEntered = true; // it is the new task's fault
            throw e;
        }
        if (wide && (load(base + 100, 2) & 1) != 0) {
            state.watch(Registers.TASK_TRAP, true);
        }
    }

    private void addressSpace(long cr3) {
        if ((state.cr4 & X86.CR4_PAE) != 0) {
            pdptes.flush();
            if (!new Paging(state, pdptes, cpu.fault).loadPdptes(cr3)) {
                throw cpu.gp(0);
            }
        }
        state.cr3 = cr3;
        cpu.mmu.flush();
    }

    private void loadSegments(int[] selectors, int ldt) {
        for (int i = 0; i < 6; i++) {
            segments.setNull(i, selectors[i]);
        }
        state.segments[LDTR].set(ldt, 0, 0, Segment.UNUSABLE);
        if ((ldt & 0xFFFC) != 0) {
            if ((ldt & 4) != 0 || !segments.read(ldt, descriptor) || descriptor.segment()
                    || descriptor.type() != Descriptor.LDT || !descriptor.present()) {
                throw cpu.fault.of(X86.TS, ldt & 0xFFFC);
            }
            state.segments[LDTR].set(ldt, descriptor.base(), descriptor.limit(), descriptor.attributes());
        }
        if (state.v86()) {
            state.cpl = 3;
            for (int i = 0; i < 6; i++) {
                segments.loadReal(i, selectors[i]);
            }
            cpu.modeChanged();
            return;
        }
        int cs = selectors[X86.CS];
        segments.require(cs, descriptor, X86.TS);
        int dpl = descriptor.dpl();
        if (!descriptor.code() || (descriptor.conforming() ? dpl > (cs & 3) : dpl != (cs & 3))) {
            throw cpu.fault.of(X86.TS, cs & 0xFFFC);
        }
        if (!descriptor.present()) {
            throw cpu.fault.of(X86.NP, cs & 0xFFFC);
        }
        segments.setCode(cs, descriptor, cs & 3);
        segments.checkStack(selectors[X86.SS], state.cpl, X86.TS, descriptor);
        segments.set(X86.SS, selectors[X86.SS], descriptor);
        cpu.modeChanged();
        for (int segment : new int[]{X86.ES, X86.DS, X86.FS, X86.GS}) {
            segments.loadData(segment, selectors[segment], X86.TS);
        }
    }
}

package org.cupule.hw.cpu;

import static org.cupule.hw.cpu.X86.CS;
import static org.cupule.hw.cpu.X86.LDTR;
import static org.cupule.hw.cpu.X86.SS;
import static org.cupule.hw.cpu.X86.TR;

/**
 * Segment registers and descriptors: loading them, with all their checks, and the instructions that look at them.
 *
 * <p>
 * Source: SDM volume 3, "Protection"; volume 2, "MOV", "LDS", "LLDT", "LTR", "LAR", "LSL", "VERR", "ARPL".
 *
 * @threading confined to its CPU
 */
final class SegmentOps {
    private static final int REAL_DATA = 0x93;
    private static final int V86_DATA = 0xF3;

    private final Processor cpu;
    private final Registers state;
    private final Descriptor found = new Descriptor();

    SegmentOps(Processor cpu) {
        this.cpu = cpu;
        this.state = cpu.state;
    }

    // --- descriptors

    /** Reads a descriptor. {@return false where the selector is null or beyond its table} */
    boolean read(int selector, Descriptor into) {
        boolean local = (selector & 4) != 0;
        Segment ldt = state.segments[LDTR];
        long limit = local ? ldt.usable() ? ldt.limit : -1 : state.gdtLimit & 0xFFFF;
        int offset = selector & 0xFFF8;
        if (!local && offset == 0 || offset + 7 > limit) {
            return false;
        }
        into.address = (local ? ldt.base : state.gdtBase) + offset;
        boolean before = cpu.mmu.asSystem();
        try {
            into.low = cpu.mmu.load64(into.address);
            into.high = 0;
            if (state.longMode() && !into.segment() && offset + 15 <= limit) {
                into.high = cpu.mmu.load64(into.address + 8);
            }
        } finally {
            cpu.mmu.asGuest(before);
        }
        return true;
    }

    /** Reads a descriptor, or faults with the selector. */
    void require(int selector, Descriptor into, int vector) {
        if (!read(selector, into)) {
            throw cpu.fault.of(vector, selector & 0xFFFC);
        }
    }

    /** Sets the accessed bit in the table. */
    void accessed(Descriptor descriptor) {
        if (descriptor.segment() && (descriptor.type() & 1) == 0) {
            type(descriptor, descriptor.type() | 1);
        }
    }

    /** Replaces the type of a descriptor in its table. */
    void type(Descriptor descriptor, int type) {
        descriptor.low = descriptor.low & ~(15L << 40) | (long) type << 40;
        boolean before = cpu.mmu.asSystem();
        try {
            cpu.mmu.store8(descriptor.address + 5, (int) (descriptor.low >>> 40) & 0xFF);
        } finally {
            cpu.mmu.asGuest(before);
        }
    }

    /** Puts a descriptor of code or data into a segment register. */
    void set(int segment, int selector, Descriptor descriptor) {
        accessed(descriptor);
        state.segments[segment].set(selector, descriptor.base(), descriptor.limit(), descriptor.attributes());
    }

    /** Makes a segment register unusable, as loading a null selector does. */
    void setNull(int segment, int selector) {
        state.segments[segment].set(selector, 0, 0, Segment.UNUSABLE);
    }

    // --- loading data segments

    /** Loads ES, SS, DS, FS or GS. */
    void load(int segment, int selector) {
        if (state.realOrV86()) {
            loadReal(segment, selector);
        } else if (segment == SS) {
            loadStack(selector, state.cpl);
        } else {
            loadData(segment, selector, X86.GP);
        }
        if (segment == SS) {
            cpu.modeChanged();
        }
    }

    /** In real mode only selector and base change: a limit set in protected mode stays. */
    void loadReal(int segment, int selector) {
        Segment s = state.segments[segment];
        boolean v86 = state.v86();
        boolean usable = s.usable() && (s.attributes & Segment.PRESENT) != 0;
        s.set(selector, (long) selector << 4, v86 || !usable ? 0xFFFF : s.limit,
                v86 ? V86_DATA : usable ? s.attributes : REAL_DATA);
    }

    /** Loads ES, DS, FS or GS in protected mode; a selector that cannot be used is a fault of this vector. */
    void loadData(int segment, int selector, int vector) {
        if ((selector & 0xFFFC) == 0) {
            setNull(segment, selector);
            return;
        }
        require(selector, found, vector);
        int rpl = selector & 3;
        boolean checked = !found.code() || !found.conforming();
        if (!found.readable() || checked && Math.max(rpl, state.cpl) > found.dpl()) {
            throw cpu.fault.of(vector, selector & 0xFFFC);
        }
        if (!found.present()) {
            throw cpu.fault.of(X86.NP, selector & 0xFFFC);
        }
        set(segment, selector, found);
    }

    /** Loads SS for a privilege level. */
    void loadStack(int selector, int cpl) {
        if ((selector & 0xFFFC) == 0) {
            if (!state.long64 || cpl == 3 || (selector & 3) != cpl) {
                throw cpu.gp(0);
            }
            setNull(SS, selector);
            return;
        }
        checkStack(selector, cpl, X86.GP, found);
        set(SS, selector, found);
    }

    /** Checks that a selector can be the stack of a privilege level. */
    void checkStack(int selector, int cpl, int vector, Descriptor into) {
        require(selector, into, vector);
        if ((selector & 3) != cpl || into.dpl() != cpl || !into.writableData()) {
            throw cpu.fault.of(vector, selector & 0xFFFC);
        }
        if (!into.present()) {
            throw cpu.fault.of(X86.SS_, selector & 0xFFFC);
        }
    }

    /** After a return to an outer level: data segments that it may not use become null. */
    void dropInner() {
        for (int segment : new int[]{X86.ES, X86.DS, X86.FS, X86.GS}) {
            Segment s = state.segments[segment];
            boolean conforming = (s.attributes & 0x1C) == 0x1C;
            if (s.usable() && s.dpl() < state.cpl && !conforming) {
                setNull(segment, 0);
            }
        }
    }

    // --- instructions

    void movFrom(Op op) {
        int selector = state.segments[op.reg & 7].selector;
        if (op.memory) {
            cpu.mmu.store16(cpu.writeAddress(op, 2), selector);
        } else {
            state.set(op.rm, op.size, selector);
        }
    }

    void movTo(Op op) {
        int segment = op.reg & 7;
        load(segment, (int) cpu.readRm(op, 2));
        if (segment == SS) {
            cpu.hold(true);
        }
    }

    /** LES, LDS, LSS, LFS, LGS. */
    void loadFar(Op op) {
        long offset = cpu.offset(op);
        long value = cpu.mmu.load(cpu.linear(op.segment, offset, op.size, false), op.size);
        int selector = cpu.mmu.load16(cpu.linear(op.segment, offset + op.size & op.addressMask, 2, false));
        load(op.kind, selector);
        state.set(op.reg, op.size, value);
    }

    void arpl(Op op) {
        if (state.realOrV86()) {
            throw cpu.ud();
        }
        long destination = cpu.readRm(op);
        long source = state.get(op.reg, 2);
        boolean lower = (destination & 3) < (source & 3);
        if (lower) {
            cpu.writeRm(op, destination & ~3 | source & 3);
        }
        state.flag(X86.ZF, lower ? X86.ZF : 0);
    }

    void lldt(Op op) {
        requireProtected();
        cpu.requireRing0();
        int selector = (int) cpu.readRm(op, 2);
        if ((selector & 0xFFFC) == 0) {
            state.segments[LDTR].set(selector, 0, 0, Segment.UNUSABLE);
            return;
        }
        system(selector, Descriptor.LDT);
        state.segments[LDTR].set(selector, systemBase(found), found.limit(), found.attributes());
    }

    void ltr(Op op) {
        requireProtected();
        cpu.requireRing0();
        int selector = (int) cpu.readRm(op, 2);
        if ((selector & 0xFFFC) == 0) {
            throw cpu.gp(0);
        }
        if ((selector & 4) != 0 || !read(selector, found) || found.segment()
                || found.type() != Descriptor.TSS && (found.type() != Descriptor.TSS16 || state.longMode())) {
            throw cpu.gp(selector & 0xFFFC);
        }
        if (!found.present()) {
            throw cpu.fault.of(X86.NP, selector & 0xFFFC);
        }
        type(found, found.type() | 2);
        state.segments[TR].set(selector, systemBase(found), found.limit(), found.attributes());
    }

    private void system(int selector, int type) {
        if ((selector & 4) != 0 || !read(selector, found) || found.segment() || found.type() != type) {
            throw cpu.gp(selector & 0xFFFC);
        }
        if (!found.present()) {
            throw cpu.fault.of(X86.NP, selector & 0xFFFC);
        }
    }

    long systemBase(Descriptor descriptor) {
        return state.longMode() ? descriptor.base() | descriptor.high << 32 : descriptor.base();
    }

    /** SLDT, STR. */
    void store(Op op, int segment) {
        requireProtected();
        int selector = state.segments[segment].selector;
        if (op.memory) {
            cpu.mmu.store16(cpu.writeAddress(op, 2), selector);
        } else {
            state.set(op.rm, op.size, selector);
        }
    }

    private void requireProtected() {
        if (state.realOrV86()) {
            throw cpu.ud();
        }
    }

    /** LAR (rights) and LSL (limit). */
    void inspect(Op op, boolean rights) {
        requireProtected();
        int selector = (int) cpu.readRm(op, 2);
        boolean known = (selector & 0xFFFC) != 0 && read(selector, found) && inspectable(selector, rights);
        if (known) {
            state.set(op.reg, op.size, rights ? found.low >>> 32 & 0xFF_FF00 : found.limit());
        }
        state.flag(X86.ZF, known ? X86.ZF : 0);
    }

    private boolean inspectable(int selector, boolean rights) {
        if (found.segment()) {
            return found.code() && found.conforming() || visible(selector);
        }
        boolean type = switch (found.type()) {
            case Descriptor.LDT, Descriptor.TSS, Descriptor.TSS_BUSY -> true;
            case Descriptor.TSS16, Descriptor.TSS16_BUSY -> !state.longMode();
            case Descriptor.CALL_GATE16, Descriptor.TASK_GATE -> rights && !state.longMode();
            case Descriptor.CALL_GATE -> rights;
            default -> false;
        };
        return type && visible(selector);
    }

    private boolean visible(int selector) {
        return Math.max(state.cpl, selector & 3) <= found.dpl();
    }

    /** VERR and VERW. */
    void verify(Op op, boolean write) {
        requireProtected();
        int selector = (int) cpu.readRm(op, 2);
        boolean good = (selector & 0xFFFC) != 0 && read(selector, found) && found.segment()
                && (write ? found.writableData() : found.readable())
                && (found.code() && found.conforming() || visible(selector));
        state.flag(X86.ZF, good ? X86.ZF : 0);
    }

    /** Puts a descriptor of code into CS for a privilege level. */
    void setCode(int selector, Descriptor descriptor, int cpl) {
        set(CS, selector & 0xFFFC | cpl, descriptor);
        state.cpl = cpl;
        cpu.modeChanged();
    }
}

package org.cupule.hw.cpu;

/**
 * The stack of an inner privilege level while a gate is taken: all is written there before any register changes.
 *
 * @threading confined to one gate
 */
final class InnerStack {
    private final Processor cpu;
    private final SegmentOps segments;
    private final Descriptor descriptor;
    private final int level;
    private final int selector;
    private final boolean long64;
    private final long mask;
    private long sp;

    /** The stack that the TSS names for a level. */
    InnerStack(Processor cpu, SegmentOps segments, TaskOps tasks, int level, Descriptor descriptor) {
        this.cpu = cpu;
        this.segments = segments;
        this.descriptor = descriptor;
        this.level = level;
        this.long64 = cpu.state.longMode();
        this.sp = tasks.innerPointer(level);
        this.selector = long64 ? level : tasks.innerSelector(level);
        if (!long64) {
            if ((selector & 0xFFFC) == 0) {
                throw cpu.fault.of(X86.TS, 0);
            }
            segments.checkStack(selector, level, X86.TS, descriptor);
        }
        this.mask = long64 ? -1 : descriptor.big() ? 0xFFFF_FFFFL : 0xFFFF;
    }

    void push(long value, int size) {
        sp = sp - size & mask;
        long linear = long64 ? sp : descriptor.base() + sp & 0xFFFF_FFFFL;
        if (long64 && sp << 16 >> 16 != sp || !long64 && sp + size - 1 > descriptor.limit()
                && (descriptor.type() & 4) == 0) {
            throw cpu.fault.of(X86.SS_, selector & 0xFFFC);
        }
        boolean before = cpu.mmu.asSystem();
        try {
            cpu.mmu.store(linear, size, value);
        } finally {
            cpu.mmu.asGuest(before);
        }
    }

    /** Makes it the stack. */
    void commit() {
        if (long64) {
            segments.setNull(X86.SS, level);
        } else {
            segments.set(X86.SS, selector, descriptor);
        }
        Registers state = cpu.state;
        state.r[Registers.RSP] = mask == 0xFFFF ? state.r[Registers.RSP] & ~0xFFFFL | sp : sp;
    }
}

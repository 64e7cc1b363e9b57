package org.cupule.hw.cpu;

import org.jspecify.annotations.Nullable;

/**
 * The loop: blocks, one after the other, and what their operations share.
 *
 * <p>
 * Precise faults: an operation changes registers only when all its accesses have been made, so that a fault or an exit
 * leaves it undone. Operations that end a block set RIP themselves; behind all others RIP follows from the block.
 *
 * @threading confined to its CPU; {@link #attention} is written by any thread
 */
final class Interpreter {
    private static final int RECENT = 32;

    final Processor cpu;
    final Registers state;
    final long[] r;
    final Mmu mmu;
    private final Families families;
    private final BlockCache blocks;
    private final long[] recent = new long[RECENT];
    private int recentCount;
    /** How many operations of the running block are to be executed: lowered when it has to stop. */
    private int limit;
    /** Somebody wants the CPU to leave. Partner of the volatile write: the read at each block head. */
    volatile boolean attention;

    Interpreter(Processor cpu, Families families, BlockCache blocks) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.r = state.r;
        this.mmu = cpu.mmu;
        this.families = families;
        this.blocks = blocks;
    }

    /**
     * Executes blocks until the budget is used up or something is to be looked at; at least one instruction.
     *
     * @param end
     *            the count of retired instructions at which to stop
     */
    void run(long end) {
        Block block = null;
        do {
            long linear = here();
            block = behind(block, linear);
            if (block.count > end - cpu.retiredBefore || !inside(block)) {
                single();
                return;
            }
            recent[recentCount++ & RECENT - 1] = linear;
            execute(block);
        } while (!attention && state.watch == 0 && end > cpu.retiredBefore);
    }

    /** Executes one instruction. */
    void single() {
        long linear = here();
        Block block = blocks.single(linear);
        if (!inside(block)) {
            throw cpu.gp(0);
        }
        recent[recentCount++ & RECENT - 1] = linear;
        execute(block);
    }

    /** {@return the linear addresses of the last blocks, oldest first} */
    long[] recentBlocks() {
        int count = Math.min(recentCount, RECENT);
        long[] heads = new long[count];
        for (int i = 0; i < count; i++) {
            heads[i] = recent[recentCount - count + i & RECENT - 1];
        }
        return heads;
    }

    /** {@return the block at a linear address, which was reached from another one} */
    private Block behind(@Nullable Block from, long linear) {
        if (from == null) {
            return blocks.at(linear);
        }
        Block to = from.link0;
        if (to != null && from.linear0 == linear && linked(to, from.epoch0)) {
            return to;
        }
        to = from.link1;
        if (to != null && from.linear1 == linear && linked(to, from.epoch1)) {
            return to;
        }
        to = blocks.at(linear);
        from.link(to, linear, mmu.epoch);
        return to;
    }

    private boolean linked(Block to, int epoch) {
        return epoch == mmu.epoch && to.mode == state.mode && to.valid();
    }

    /** {@return the linear address of the instruction pointer} A segment's limit comes before paging. */
    private long here() {
        if (!state.long64 && state.rip > state.segments[X86.CS].limit) {
            throw cpu.gp(0);
        }
        return cpu.linearRip();
    }

    /** {@return whether all bytes of the block lie inside the code segment} */
    private boolean inside(Block block) {
        return state.long64 || state.rip + block.length - 1 <= state.segments[X86.CS].limit;
    }

    private void execute(Block block) {
        long head = state.rip;
        r[Registers.HEAD] = head;
        Op[] ops = block.ops;
        limit = ops.length;
        mmu.codeChanged = false;
        cpu.unfinished = false;
        int i = 0;
        try {
            do {
                Op op = ops[i];
                op.execute(this);
                i++;
            } while (i < limit);
        } catch (Fault e) {
            stopAt(ops[i], cpu.taskEntered ? state.rip : head + ops[i].offset, 0);
            cpu.taskEntered = false;
            throw mmu.beyond ? beyond(ops[i], e) : e;
        } catch (Leave e) {
            stopAt(ops[i], head + ops[i].offset, 0);
            throw e;
        }
        if (i == ops.length && !cpu.unfinished) {
            cpu.retiredBefore += block.count;
            cpu.index = 0;
        } else {
            stopped(ops[i - 1], head);
        }
    }

    /** Accesses that do not come by {@link Processor#linear} learn here that they were the stack's. */
    private Fault beyond(Op op, Fault fault) {
        mmu.beyond = false;
        return !op.memory || op.segment == X86.SS ? fault.of(X86.SS_, 0) : fault;
    }

    /** A block has not come to its end: because code changed, or because its operation is to be executed again. */
    private void stopped(Op op, long head) {
        if (cpu.unfinished) {
            stopAt(op, head + op.offset, 0);
        } else {
            stopAt(op, head + op.offset + op.length, 1);
        }
    }

    private void stopAt(Op op, long rip, int done) {
        state.rip = wrap(rip);
        cpu.retiredBefore += op.number + done;
        cpu.index = 0;
    }

    // --- what operations share

    /** {@return an instruction pointer in the width of the mode} */
    long wrap(long rip) {
        return state.long64 ? rip : rip & 0xFFFF_FFFFL;
    }

    /** Executes an operation by its family. */
    void family(Op op) {
        if (op.last) {
            state.rip = next(op);
        }
        cpu.index = op.number; // some ask how many instructions there have been
        families.execute(op);
        if (mmu.codeChanged || cpu.unfinished) {
            limit = 0;
        }
    }

    /** {@return the offset of the next instruction} */
    long next(Op op) {
        return wrap(r[Registers.HEAD] + op.offset + op.length);
    }

    /** Goes to the target of a near branch. */
    void branch(Op op) {
        long target = r[Registers.HEAD] + op.imm;
        state.rip = cpu.checked(op.size == 8 ? target : op.size == 4 ? target & 0xFFFF_FFFFL : target & 0xFFFF);
    }

    /** {@return the linear address of a memory operand} or faults. */
    long address(Op op, int size, boolean write) {
        long offset = r[op.base] + (r[op.index] << op.scale) + op.disp & op.addressMask;
        if (state.flat && op.segment < X86.FS && offset << 16 >> 16 == offset) {
            return offset;
        }
        return cpu.linear(op.segment, offset, size, write);
    }

    int load8(Op op) {
        return mmu.load8(address(op, 1, false));
    }

    int load16(Op op) {
        return mmu.load16(address(op, 2, false));
    }

    long load32(Op op) {
        return mmu.load32(address(op, 4, false)) & 0xFFFF_FFFFL;
    }

    long load64(Op op) {
        return mmu.load64(address(op, 8, false));
    }

    void store8(Op op, int value) {
        mmu.store8(address(op, 1, true), value);
        stored();
    }

    void store16(Op op, int value) {
        mmu.store16(address(op, 2, true), value);
        stored();
    }

    void store32(Op op, int value) {
        mmu.store32(address(op, 4, true), value);
        stored();
    }

    void store64(Op op, long value) {
        mmu.store64(address(op, 8, true), value);
        stored();
    }

    /** Ends the block when a store has changed code, perhaps its own. */
    void stored() {
        if (mmu.codeChanged) {
            limit = 0;
        }
    }

    void push64(long value) {
        long offset = r[Registers.RSP] - 8;
        if (state.flat && offset << 16 >> 16 == offset) {
            mmu.store64(offset, value);
            r[Registers.RSP] = offset;
        } else {
            cpu.push(value, 8);
        }
        stored();
    }

    void push32(long value) {
        cpu.push(value, 4);
        stored();
    }

    long pop64() {
        long offset = r[Registers.RSP];
        if (!state.flat || offset << 16 >> 16 != offset) {
            return cpu.pop(8);
        }
        long value = mmu.load64(offset);
        r[Registers.RSP] = offset + 8;
        return value;
    }

    /** {@return what lies on top of the stack} */
    long top64() {
        long offset = r[Registers.RSP];
        return state.flat && offset << 16 >> 16 == offset ? mmu.load64(offset) : cpu.peek(0, 8);
    }
}

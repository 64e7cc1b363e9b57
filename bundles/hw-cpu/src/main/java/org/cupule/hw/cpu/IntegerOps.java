package org.cupule.hw.cpu;

import java.lang.foreign.MemorySegment;
import org.cupule.hardware.CpuExit;
import org.jspecify.annotations.Nullable;

/**
 * Moves, arithmetic and logic in all the forms that the interpreter's own switch leaves over, and all atomic ones.
 *
 * @threading confined to its CPU
 */
final class IntegerOps {
    private final Processor cpu;
    private final Registers state;
    private final Alu alu;

    IntegerOps(Processor cpu, Alu alu) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.alu = alu;
    }

    void alu(Op op) {
        if (op.imm2 == 1) {
            long b = cpu.readRm(op);
            long value = alu.operate(op.kind, state.get(op.reg, op.size), b, op.size);
            if (op.kind != 7) {
                state.set(op.reg, op.size, value);
            }
            return;
        }
        long b = op.imm2 == 2 ? op.imm : state.get(op.reg, op.size);
        if (op.kind == 7) {
            alu.operate(7, cpu.readRm(op), b, op.size);
        } else {
            modify(op, op.kind, b);
        }
    }

    void test(Op op) {
        long b = op.imm2 == 2 ? op.imm : state.get(op.reg, op.size);
        alu.logic(cpu.readRm(op) & b, op.size);
    }

    /** INC and DEC. */
    void incdec(Op op) {
        if (op.memory) {
            modify(op, op.kind == 0 ? 8 : 9, 0);
        } else {
            long a = state.get(op.reg, op.size);
            state.set(op.reg, op.size, op.kind == 0 ? alu.increment(a, op.size) : alu.decrement(a, op.size));
        }
    }

    void not(Op op) {
        if (op.memory) {
            modify(op, 10, 0);
        } else {
            state.set(op.rm, op.size, ~state.get(op.rm, op.size));
        }
    }

    void neg(Op op) {
        modify(op, 11, 0);
    }

    /**
     * The value behind a read-modify-write operation, with its flags: 0 to 7 as in the opcode, then INC DEC NOT NEG.
     */
    private long changed(int kind, long a, long b, int size) {
        return switch (kind) {
            case 8 -> alu.increment(a, size);
            case 9 -> alu.decrement(a, size);
            case 10 -> ~a & (size == 8 ? -1 : (1L << 8 * size) - 1);
            case 11 -> alu.subtract(0, a, 0, size);
            default -> alu.operate(kind, a, b, size);
        };
    }

    private void modify(Op op, int kind, long b) {
        if (!op.memory) {
            state.set(op.rm, op.size, changed(kind, state.get(op.rm, op.size), b, op.size));
            return;
        }
        long address = cpu.writeAddress(op, op.size);
        if (op.lock) {
            atomic(op, address, kind, b);
            return;
        }
        plain(op, address, kind, b);
    }

    // --- flags are put back when the store leaves or faults

    private long keptResult;
    private long keptCarries;
    private int keptBits;
    private long keptFlags;

    private void keepFlags() {
        keptResult = state.result;
        keptCarries = state.carries;
        keptBits = state.flagBits;
        keptFlags = state.flags;
    }

    private void restoreFlags() {
        state.result = keptResult;
        state.carries = keptCarries;
        state.flagBits = keptBits;
        state.flags = keptFlags;
    }

    private void atomic(Op op, long address, int kind, long b) {
        MemorySegment segment = lockable(address, op.size);
        if (segment == null) {
            plain(op, address, kind, b);
            return;
        }
        long offset = cpu.mmu.offset(address);
        long seen = cpu.mmu.load(address, op.size);
        keepFlags();
        while (true) {
            long value = changed(kind, seen, b, op.size);
            long witness = Mmu.exchange(segment, offset, op.size, seen, value);
            if (witness == seen) {
                return;
            }
            restoreFlags();
            seen = witness;
        }
    }

    private void plain(Op op, long address, int kind, long b) {
        cpu.mmu.probe(address, op.size);
        long a = cpu.mmu.load(address, op.size);
        keepFlags();
        long value = changed(kind, a, b, op.size);
        try {
            cpu.mmu.store(address, op.size, value);
        } catch (Fault | Leave e) {
            restoreFlags();
            throw e;
        }
    }

    /**
     * {@return the segment for an atomic access, or null where plain accesses do: one CPU, memory-mapped registers, a
     * page of code} Leaves for an EXCLUSIVE run when other CPUs could see the access half done.
     */
    private @Nullable MemorySegment lockable(long address, int size) {
        if (!cpu.spec.sharedMemory() || cpu.exclusive) {
            return null;
        }
        MemorySegment segment = cpu.mmu.atomic(address, size);
        if (segment == null && !cpu.log.replaying() && cpu.mmu.ram(address)) {
            cpu.log.exit.reason = CpuExit.EXCLUSIVE;
            throw cpu.leave;
        }
        return segment;
    }

    // --- exchanges

    void xchg(Op op) {
        if (!op.memory) {
            long a = state.get(op.reg, op.size);
            state.set(op.reg, op.size, state.get(op.rm, op.size));
            state.set(op.rm, op.size, a);
            return;
        }
        long address = cpu.writeAddress(op, op.size);
        long value = state.get(op.reg, op.size);
        MemorySegment segment = lockable(address, op.size);
        long seen = load(address, op.size, segment);
        if (segment == null) {
            cpu.mmu.store(address, op.size, value);
        } else {
            seen = exchange(segment, address, op.size, seen, value);
        }
        state.set(op.reg, op.size, seen);
    }

    private long load(long address, int size, @Nullable MemorySegment segment) {
        if (segment == null) {
            cpu.mmu.probe(address, size);
        }
        return cpu.mmu.load(address, size);
    }

    private long exchange(MemorySegment segment, long address, int size, long seen, long value) {
        long offset = cpu.mmu.offset(address);
        while (true) {
            long witness = Mmu.exchange(segment, offset, size, seen, value);
            if (witness == seen) {
                return seen;
            }
            seen = witness;
        }
    }

    void xadd(Op op) {
        long add = state.get(op.reg, op.size);
        if (!op.memory) {
            long old = state.get(op.rm, op.size);
            long sum = alu.add(old, add, 0, op.size);
            state.set(op.reg, op.size, old);
            state.set(op.rm, op.size, sum);
            return;
        }
        long address = cpu.writeAddress(op, op.size);
        MemorySegment segment = op.lock ? lockable(address, op.size) : null;
        long old = load(address, op.size, segment);
        if (segment == null) {
            cpu.mmu.store(address, op.size, old + add);
        } else {
            long offset = cpu.mmu.offset(address);
            long witness = Mmu.exchange(segment, offset, op.size, old, old + add);
            while (witness != old) {
                old = witness;
                witness = Mmu.exchange(segment, offset, op.size, old, old + add);
            }
        }
        alu.add(old, add, 0, op.size);
        state.set(op.reg, op.size, old);
    }

    void cmpxchg(Op op) {
        long expected = state.get(Registers.RAX, op.size);
        long value = state.get(op.reg, op.size);
        if (!op.memory) {
            long old = state.get(op.rm, op.size);
            alu.subtract(expected, old, 0, op.size);
            if (old == expected) {
                state.set(op.rm, op.size, value);
            } else {
                state.set(Registers.RAX, op.size, old);
            }
            return;
        }
        long address = cpu.writeAddress(op, op.size);
        MemorySegment segment = op.lock ? lockable(address, op.size) : null;
        long old;
        if (segment == null) {
            old = load(address, op.size, null);
            cpu.mmu.store(address, op.size, old == expected ? value : old);
        } else {
            old = Mmu.exchange(segment, cpu.mmu.offset(address), op.size, expected, value);
        }
        alu.subtract(expected, old, 0, op.size);
        if (old != expected) {
            state.set(Registers.RAX, op.size, old);
        }
    }

    /** CMPXCHG8B and CMPXCHG16B. */
    void cmpxchg8b(Op op) {
        int half = op.size / 2;
        if (op.size == 16 && (cpu.writeAddress(op, 1) & 15) != 0) {
            throw cpu.gp(0);
        }
        long address = cpu.writeAddress(op, op.size);
        if (op.size == 8) {
            cmpxchg8(op, address);
            return;
        }
        if (op.lock && cpu.spec.sharedMemory() && !cpu.exclusive && cpu.mmu.ram(address)) {
            cpu.log.exit.reason = CpuExit.EXCLUSIVE; // Java has no 16-byte compare-and-exchange
            throw cpu.leave;
        }
        load(address, op.size, null);
        long low = cpu.mmu.load(address, half);
        long high = cpu.mmu.load(address + half, half);
        boolean equal = low == state.r[Registers.RAX] && high == state.r[Registers.RDX];
        cpu.mmu.store(address, half, equal ? state.r[Registers.RBX] : low);
        cpu.mmu.store(address + half, half, equal ? state.r[Registers.RCX] : high);
        if (!equal) {
            state.r[Registers.RAX] = low;
            state.r[Registers.RDX] = high;
        }
        state.flag(X86.ZF, equal ? X86.ZF : 0);
    }

    private void cmpxchg8(Op op, long address) {
        long expected = state.get(Registers.RDX, 4) << 32 | state.get(Registers.RAX, 4);
        long value = state.get(Registers.RCX, 4) << 32 | state.get(Registers.RBX, 4);
        MemorySegment segment = op.lock ? lockable(address, 8) : null;
        long old;
        if (segment == null) {
            old = load(address, 8, null);
            cpu.mmu.store64(address, old == expected ? value : old);
        } else {
            old = Mmu.exchange(segment, cpu.mmu.offset(address), 8, expected, value);
        }
        if (old != expected) {
            state.set(Registers.RAX, 4, old);
            state.set(Registers.RDX, 4, old >>> 32);
        }
        state.flag(X86.ZF, old == expected ? X86.ZF : 0);
    }

    /** Changes a bit of memory as BTS, BTR or BTC does. {@return the value before} */
    long changeBit(Op op, long address, int bit) {
        MemorySegment segment = op.lock ? lockable(address, op.size) : null;
        long old = load(address, op.size, segment);
        if (segment == null) {
            cpu.mmu.store(address, op.size, BitOps.change(op.kind, old, bit));
            return old;
        }
        long offset = cpu.mmu.offset(address);
        while (true) {
            long witness = Mmu.exchange(segment, offset, op.size, old, BitOps.change(op.kind, old, bit));
            if (witness == old) {
                return old;
            }
            old = witness;
        }
    }

    // --- moves

    void mov(Op op) {
        if (op.imm2 == 1) {
            state.set(op.reg, op.size, cpu.readRm(op));
        } else if (op.imm2 == 2) {
            if (op.memory) {
                cpu.writeRm(op, op.imm);
            } else {
                state.set(op.reg, op.size, op.imm);
            }
        } else {
            cpu.writeRm(op, state.get(op.reg, op.size));
        }
    }

    /** MOVZX, MOVSX, MOVSXD: from {@code imm2} bytes (MOVSXD: 4). */
    void widen(Op op, int from, boolean signed) {
        long value = cpu.readRm(op, from);
        state.set(op.reg, op.size, signed ? Processor.signExtend(value, from) : value);
    }

    void setcc(Op op) {
        cpu.writeRm(op, state.condition(op.kind) ? 1 : 0);
    }

    void cmov(Op op) {
        long value = cpu.readRm(op);
        state.set(op.reg, op.size, state.condition(op.kind) ? value : state.get(op.reg, op.size));
    }

    void lea(Op op) {
        state.set(op.reg, op.size, cpu.offset(op));
    }

    void bswap(Op op) {
        if (op.size == 8) {
            state.r[op.reg] = Long.reverseBytes(state.r[op.reg]);
        } else if (op.size == 4) {
            state.set(op.reg, 4, Integer.reverseBytes((int) state.r[op.reg]));
        } else {
            state.set16(op.reg, 0); // undefined; processors clear it
        }
    }

    /** CBW, CWDE, CDQE. */
    void cbw(Op op) {
        state.set(Registers.RAX, op.size, Processor.signExtend(state.r[Registers.RAX], op.size / 2));
    }

    /** CWD, CDQ, CQO. */
    void cwd(Op op) {
        state.set(Registers.RDX, op.size, Processor.signExtend(state.r[Registers.RAX], op.size) >> 63);
    }

    void xlat(Op op) {
        long offset = state.r[Registers.RBX] + (state.r[Registers.RAX] & 0xFF) & op.addressMask;
        state.set8(Registers.RAX, cpu.mmu.load8(cpu.linear(op.segment, offset, 1, false)));
    }

    void lahf() {
        int flags = (int) state.rflags();
        state.set8(20, flags & (X86.SF | X86.ZF | X86.AF | X86.PF | X86.CF) | 2);
    }

    void sahf() {
        state.flag(X86.SF | X86.ZF | X86.AF | X86.PF | X86.CF, state.get8(20));
    }
}

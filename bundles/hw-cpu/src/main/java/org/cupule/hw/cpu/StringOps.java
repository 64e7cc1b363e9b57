package org.cupule.hw.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * String instructions, alone and repeated. A repeated one is done element by element, or, where both sides are plain
 * RAM and go upwards, a run of elements at once up to the end of a page; in between it can be interrupted: the
 * registers then say how far it has come.
 *
 * <p>
 * Source: SDM volume 2, "REP/REPE/REPZ/REPNE/REPNZ", "MOVS", "CMPS", "STOS", "LODS", "SCAS", "INS", "OUTS".
 *
 * @threading confined to its CPU
 */
final class StringOps {
    /** Elements after which a repeated instruction lets the loop look at interrupts. */
    private static final int MOST_ELEMENTS = 4096;

    private final Processor cpu;
    private final Registers state;
    private final Alu alu;
    private final PortOps ports;

    StringOps(Processor cpu, Alu alu, PortOps ports) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.alu = alu;
        this.ports = ports;
    }

    /** {@return whether the instruction has come to its end; if not it is to be executed again from where it is} */
    boolean execute(Op op) {
        if (op.rep == 0) {
            element(op);
            return true;
        }
        for (int done = 0; done < MOST_ELEMENTS; done++) {
            long count = state.r[Registers.RCX] & op.addressMask;
            if (count == 0) {
                requirePort(op);
                return true;
            }
            long many = many(op, count);
            if (many > 0) {
                count -= many;
            } else {
                element(op);
                count--;
            }
            state.set(Registers.RCX, op.addressSize, count);
            boolean compares = op.code == Code.CMPS || op.code == Code.SCAS;
            if (count == 0 || compares && state.zf() != (op.rep == 0xF3)) {
                return true;
            }
            if (cpu.log.replaying() || many > 0 || cpu.mmu.codeChanged || (state.flags & X86.TF) != 0
                    || cpu.mmu.breakpoints.hits != 0) {
                return false; // this element's answers are used up, a whole run was made, or each element traps
            }
        }
        return false;
    }

    /** A processor checks the right to a port even where nothing is left to do. */
    private void requirePort(Op op) {
        if (op.code == Code.INS || op.code == Code.OUTS) {
            ports.require((int) state.r[Registers.RDX] & 0xFFFF, elementSize(op));
        }
    }

    private void element(Op op) {
        switch (op.code) {
            case Code.MOVS -> {
                destination(op, source(op));
                step(Registers.RSI, op);
                step(Registers.RDI, op);
            }
            case Code.STOS -> {
                destination(op, state.get(Registers.RAX, op.size));
                step(Registers.RDI, op);
            }
            case Code.LODS -> {
                state.set(Registers.RAX, op.size, source(op));
                step(Registers.RSI, op);
            }
            case Code.CMPS -> {
                long a = source(op);
                alu.subtract(a, target(op), 0, op.size);
                step(Registers.RSI, op);
                step(Registers.RDI, op);
            }
            case Code.SCAS -> {
                alu.subtract(state.get(Registers.RAX, op.size), target(op), 0, op.size);
                step(Registers.RDI, op);
            }
            case Code.INS -> input(op);
            default -> output(op);
        }
    }

    private long source(Op op) {
        long offset = state.r[Registers.RSI] & op.addressMask;
        return cpu.mmu.load(cpu.linear(op.segment, offset, op.size, false), op.size);
    }

    private long target(Op op) {
        long offset = state.r[Registers.RDI] & op.addressMask;
        return cpu.mmu.load(cpu.linear(X86.ES, offset, op.size, false), op.size);
    }

    private void destination(Op op, long value) {
        long offset = state.r[Registers.RDI] & op.addressMask;
        cpu.mmu.store(cpu.linear(X86.ES, offset, op.size, true), op.size, value);
    }

    private void step(int register, Op op) {
        advance(register, op, (state.flags & X86.DF) != 0 ? -op.size : op.size);
    }

    private void advance(int register, Op op, long bytes) {
        state.set(register, op.addressSize, state.r[register] + bytes);
    }

    private int elementSize(Op op) {
        return op.size == 8 ? 4 : op.size; // ports have at most 32 bits
    }

    private void input(Op op) {
        int size = elementSize(op);
        int port = (int) state.r[Registers.RDX] & 0xFFFF;
        ports.require(port, size);
        long offset = state.r[Registers.RDI] & op.addressMask;
        long address = cpu.linear(X86.ES, offset, size, true);
        cpu.mmu.probe(address, true); // a fault comes before the port is read
        long value = ports.read(port, size);
        cpu.mmu.store(address, size, value);
        advance(Registers.RDI, op, (state.flags & X86.DF) != 0 ? -size : size);
    }

    private void output(Op op) {
        int size = elementSize(op);
        int port = (int) state.r[Registers.RDX] & 0xFFFF;
        ports.require(port, size);
        long offset = state.r[Registers.RSI] & op.addressMask;
        ports.write(port, size, cpu.mmu.load(cpu.linear(op.segment, offset, size, false), size));
        advance(Registers.RSI, op, (state.flags & X86.DF) != 0 ? -size : size);
    }

    // --- runs

    /** Does a run of MOVS or STOS at once. {@return how many elements; 0 where it must be done one by one} */
    private long many(Op op, long count) {
        if (count < 8 || (state.flags & X86.TF) != 0 || op.code != Code.MOVS && op.code != Code.STOS
                || (state.flags & X86.DF) != 0
                || cpu.log.replaying()) {
            return 0;
        }
        long to = cpu.linear(X86.ES, state.r[Registers.RDI] & op.addressMask, op.size, true);
        MemorySegment target = cpu.mmu.writable(to);
        long elements = Math.min(count, (0x1000 - (to & 0xFFF)) / op.size);
        elements = Math.min(elements, inside(op, X86.ES, Registers.RDI));
        if (target == null || elements < 2) {
            return 0;
        }
        return op.code == Code.STOS ? fill(op, target, to, elements) : copy(op, target, to, elements);
    }

    /** {@return how many elements lie before the end of the segment and of the address size} */
    private long inside(Op op, int segment, int register) {
        long offset = state.r[register] & op.addressMask;
        long last = state.long64 ? op.addressMask : Math.min(state.segments[segment].last, op.addressMask);
        long bytes = last - offset;
        return bytes < 0 ? state.long64 && op.addressSize == 8 ? Long.MAX_VALUE : 0 : (bytes + 1) / op.size;
    }

    private long fill(Op op, MemorySegment target, long to, long elements) {
        long value = state.get(Registers.RAX, op.size);
        long offset = cpu.mmu.offset(to);
        if (value == (value & 0xFF) * (0x0101_0101_0101_0101L & (op.size == 8 ? -1 : (1L << 8 * op.size) - 1))) {
            target.asSlice(offset, elements * op.size).fill((byte) value);
        } else {
            for (long i = 0; i < elements; i++) {
                cpu.mmu.store(to + i * op.size, op.size, value);
            }
        }
        advance(Registers.RDI, op, elements * op.size);
        return elements;
    }

    private long copy(Op op, MemorySegment target, long to, long elements) {
        long from = cpu.linear(op.segment, state.r[Registers.RSI] & op.addressMask, op.size, false);
        MemorySegment source = cpu.mmu.readable(from);
        elements = Math.min(elements, (0x1000 - (from & 0xFFF)) / op.size);
        elements = Math.min(elements, inside(op, op.segment, Registers.RSI));
        if (source == null || elements < 2) {
            return 0;
        }
        long bytes = elements * op.size;
        long fromOffset = cpu.mmu.offset(from);
        long toOffset = cpu.mmu.offset(to);
        boolean overlaps = source == target && toOffset > fromOffset && toOffset < fromOffset + bytes;
        if (overlaps) {
            return 0; // the copy repeats what it has just written
        }
        MemorySegment.copy(source, ValueLayout.JAVA_BYTE, fromOffset, target, ValueLayout.JAVA_BYTE, toOffset, bytes);
        advance(Registers.RSI, op, bytes);
        advance(Registers.RDI, op, bytes);
        return elements;
    }
}

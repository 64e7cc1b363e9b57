package org.cupule.hw.cpu;

/**
 * How MMX and SSE instructions reach their operands, and when they may be executed at all. Source: SDM volume 3,
 * "System Programming for Instruction Set Extensions and Processor Extended States"; volume 2, "Exceptions".
 *
 * @threading confined to its CPU
 */
final class SimdOps {
    final Processor cpu;
    final Registers state;
    final Mmu mmu;
    final Fpu fpu;
    final Simd simd;
    final long[] x;
    final FxState fx;
    final SimdFloats floats;
    /** The source operand, lower and upper half; a shorter one stands in the lower half, with zeros above. */
    long s0;
    long s1;

    SimdOps(Processor cpu) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.mmu = cpu.mmu;
        this.fpu = cpu.fpu;
        this.simd = cpu.simd;
        this.x = cpu.simd.x;
        this.fx = new FxState(cpu);
        this.floats = new SimdFloats(cpu);
    }

    void execute(Op op) {
        SimdOpcodes.Row row = op.simd;
        if ((row.flags() & SimdOpcodes.SSE) != 0) {
            requireSse();
        }
        if ((row.flags() & SimdOpcodes.MMX) != 0) {
            requireMmx();
        }
        row.action().execute(this, op);
    }

    private void requireSse() {
        if ((state.cr0 & (X86.CR0_EM | X86.CR0_TS)) != 0 || (state.cr4 & X86.CR4_OSFXSR) == 0) {
            throw (state.cr0 & X86.CR0_EM) != 0 || (state.cr4 & X86.CR4_OSFXSR) == 0
                    ? cpu.ud()
                    : cpu.fault.of(X86.NM, Fault.NO_CODE);
        }
    }

    void requireMmx() {
        if ((state.cr0 & X86.CR0_EM) != 0) {
            throw cpu.ud();
        }
        if ((state.cr0 & X86.CR0_TS) != 0) {
            throw cpu.fault.of(X86.NM, Fault.NO_CODE);
        }
        if ((fpu.status & Fpu.SUMMARY) != 0 && (state.cr0 & X86.CR0_NE) != 0) {
            throw cpu.fault.of(X86.MF, Fault.NO_CODE);
        }
    }

    // --- memory operands

    /** {@return the linear address of 16 bytes} or #GP(0) where they must be aligned and are not, before all else. */
    private long address16(Op op, boolean write, boolean aligned) {
        long offset = cpu.offset(op);
        if (aligned && (base(op.segment) + offset & 15) != 0) {
            throw cpu.gp(0);
        }
        long at = cpu.bounded(op.segment, offset, 16, write);
        cpu.requireAligned(at, 16);
        return at;
    }

    private long base(int segment) {
        return state.long64 && segment < X86.FS ? 0 : state.segments[segment].base;
    }

    private void load16(Op op, boolean aligned) {
        long at = address16(op, false, aligned);
        if ((at & 0xFFF) > 0xFF0) {
            mmu.probe(at, 16, false);
        }
        long low = mmu.load64(at);
        s1 = mmu.load64(mmu.wrap(at + 8));
        s0 = low;
    }

    /** Stores 16 bytes. */
    void store16(Op op, long low, long high, boolean aligned) {
        long at = address16(op, true, aligned);
        if ((at & 0xFFF) > 0xFF0) {
            mmu.probe(at, 16);
        }
        mmu.store64(at, low);
        mmu.store64(mmu.wrap(at + 8), high);
    }

    void load8(Op op) {
        s0 = mmu.load64(cpu.readAddress(op, 8));
        s1 = 0;
    }

    void load4(Op op) {
        s0 = mmu.load32(cpu.readAddress(op, 4)) & 0xFFFF_FFFFL;
        s1 = 0;
    }

    void store8(Op op, long value) {
        mmu.store64(cpu.writeAddress(op, 8), value);
    }

    void store4(Op op, int value) {
        mmu.store32(cpu.writeAddress(op, 4), value);
    }

    // --- sources

    /** An XMM register or 16 bytes that must be aligned. */
    void source(Op op) {
        if (op.memory) {
            load16(op, true);
        } else {
            register(op);
        }
    }

    /** An XMM register or 16 bytes anywhere. */
    void sourceAnywhere(Op op) {
        if (op.memory) {
            load16(op, false);
        } else {
            register(op);
        }
    }

    /** An XMM register or 8 bytes. */
    void source8(Op op) {
        if (op.memory) {
            load8(op);
        } else {
            register(op);
        }
    }

    /** An XMM register or 4 bytes. */
    void source4(Op op) {
        if (op.memory) {
            load4(op);
        } else {
            register(op);
        }
    }

    private void register(Op op) {
        s0 = x[2 * op.rm];
        s1 = x[2 * op.rm + 1];
    }

    /** An MMX register or 8 bytes. */
    void sourceMmx(Op op) {
        if (op.memory) {
            load8(op);
        } else {
            s0 = mm(op.rm);
        }
    }

    // --- registers

    void set(int register, long low, long high) {
        x[2 * register] = low;
        x[2 * register + 1] = high;
    }

    long mm(int register) {
        return fpu.registers[register & 7].fraction;
    }

    /** Writes an MMX register: all instructions that do make the FPU's registers valid, ST(0) the first. */
    void mm(int register, long value) {
        fpu.registers[register & 7].set(0xFFFF, value);
        mmx();
    }

    /** The FPU's state behind an MMX instruction. */
    void mmx() {
        fpu.top = 0;
        fpu.empty = 0;
    }

    // --- the usual shapes

    /** Both halves by themselves. */
    void both(Op op, Lanes lanes) {
        source(op);
        int to = 2 * op.reg;
        x[to] = lanes.apply(x[to], s0);
        x[to + 1] = lanes.apply(x[to + 1], s1);
    }

    /** Both halves, by one count. */
    void bothBy(Op op, Lanes shift) {
        source(op);
        shift(op.reg, shift, s0);
    }

    void shift(int register, Lanes shift, long count) {
        int to = 2 * register;
        x[to] = shift.apply(x[to], count);
        x[to + 1] = shift.apply(x[to + 1], count);
    }

    void one(Op op, Lanes lanes) {
        sourceMmx(op);
        mm(op.reg, lanes.apply(mm(op.reg), s0));
    }
}

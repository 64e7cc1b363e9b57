package org.cupule.hw.cpu;

/**
 * FXSAVE, FXRSTOR, LDMXCSR, STMXCSR. Source: SDM volume 2, "FXSAVE", "FXRSTOR"; volume 1, "FXSAVE and FXRSTOR
 * Instructions".
 *
 * <pre>
 *    0  FCW 2  FSW 2  tags 1  -  FOP 2  FIP 4 (8)  FCS 2 (0)  -
 *   16  FDP 4 (8)  FDS 2 (0)  -  MXCSR 4  MXCSR mask 4
 *   32  ST(0) to ST(7) or MM0 to MM7, 16 bytes each
 *  160  XMM0 to XMM7, in 64-bit mode to XMM15
 *  464  the program's own
 * </pre>
 *
 * In parentheses: with REX.W. A bit of the tags is set for a register that holds something.
 *
 * @threading confined to its CPU
 */
final class FxState {
    private static final int BYTES = 512;
    private static final int USED = 416;

    private final Processor cpu;
    private final Registers state;
    private final Fpu fpu;
    private final Simd simd;
    private final long[] image = new long[USED / 8];

    FxState(Processor cpu) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.fpu = cpu.fpu;
        this.simd = cpu.simd;
    }

    private void requireAvailable() {
        if ((state.cr0 & (X86.CR0_EM | X86.CR0_TS)) != 0) {
            throw cpu.fault.of(X86.NM, Fault.NO_CODE);
        }
    }

    private long area(Op op, boolean write) {
        requireAvailable();
        long at = cpu.bounded(op.segment, cpu.offset(op), BYTES, write);
        if ((at & 15) != 0) {
            throw cpu.gp(0);
        }
        cpu.mmu.probe(at, BYTES, write);
        return at;
    }

    /** How many XMM registers the mode has. */
    private int registers() {
        return state.long64 ? 16 : 8;
    }

    void save(Op op) {
        long at = area(op, true);
        long pointers = op.size == 8 ? -1 : 0xFFFF_FFFFL;
        int tags = ~fpu.empty & 0xFF;
        store(at, 0, cpu.fpuControl | (long) fpu.statusWord() << 16 | (long) tags << 32 | (long) fpu.opcode << 48);
        store(at, 8, fpu.codeOffset & pointers | (op.size == 8 ? 0 : (long) fpu.codeSelector << 32));
        store(at, 16, fpu.dataOffset & pointers | (op.size == 8 ? 0 : (long) fpu.dataSelector << 32));
        store(at, 24, simd.mxcsr | (long) Simd.MXCSR_MASK << 32);
        for (int i = 0; i < 8; i++) {
            store(at, 32 + 16 * i, fpu.st(i).fraction);
            store(at, 40 + 16 * i, fpu.st(i).high);
        }
        for (int i = 0; i < 2 * registers(); i++) {
            store(at, 160 + 8 * i, simd.x[i]);
        }
    }

    private void store(long at, int offset, long value) {
        cpu.mmu.store64(cpu.mmu.wrap(at + offset), value);
    }

    void restore(Op op) {
        long at = area(op, false);
        int words = 20 + 2 * registers();
        for (int i = 0; i < words; i++) {
            image[i] = cpu.mmu.load64(cpu.mmu.wrap(at + 8 * i));
        }
        requireMxcsr((int) image[3]);
        simd.mxcsr = (int) image[3];
        System.arraycopy(image, 20, simd.x, 0, 2 * registers());
        restoreFpu(op.size == 8);
    }

    private void restoreFpu(boolean wide) {
        cpu.fpuControl = (int) image[0] & 0x1F7F | 0x40;
        fpu.statusWord((int) (image[0] >>> 16) & 0xFFFF);
        fpu.empty = (int) ~(image[0] >>> 32) & 0xFF;
        fpu.opcode = (int) (image[0] >>> 48) & 0x7FF;
        fpu.codeOffset = wide ? image[1] : image[1] & 0xFFFF_FFFFL;
        fpu.codeSelector = wide ? 0 : (int) (image[1] >>> 32) & 0xFFFF;
        fpu.dataOffset = wide ? image[2] : image[2] & 0xFFFF_FFFFL;
        fpu.dataSelector = wide ? 0 : (int) (image[2] >>> 32) & 0xFFFF;
        for (int i = 0; i < 8; i++) {
            fpu.st(i).set((int) image[5 + 2 * i], image[4 + 2 * i]);
        }
        fpu.summarise(cpu.fpuControl);
    }

    private void requireMxcsr(int value) {
        if ((value & ~Simd.MXCSR_MASK) != 0) {
            throw cpu.gp(0);
        }
    }

    void loadMxcsr(SimdOps at, Op op) {
        at.load4(op);
        requireMxcsr((int) at.s0);
        simd.mxcsr = (int) at.s0;
    }

    void storeMxcsr(SimdOps at, Op op) {
        at.store4(op, simd.mxcsr);
    }
}

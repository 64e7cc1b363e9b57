package org.cupule.hw.cpu;

/**
 * Moves between XMM registers, MMX registers, general registers and memory. Source: SDM volume 2.
 *
 * @threading immutable
 */
final class SimdMoves {
    private static final long LOW32 = 0xFFFF_FFFFL;

    private SimdMoves() {
    }

    static void load(SimdOps at, Op op) {
        at.source(op);
        at.set(op.reg, at.s0, at.s1);
    }

    static void loadAnywhere(SimdOps at, Op op) {
        at.sourceAnywhere(op);
        at.set(op.reg, at.s0, at.s1);
    }

    static void store(SimdOps at, Op op) {
        store(at, op, true);
    }

    static void storeAnywhere(SimdOps at, Op op) {
        store(at, op, false);
    }

    private static void store(SimdOps at, Op op, boolean aligned) {
        long low = at.x[2 * op.reg];
        long high = at.x[2 * op.reg + 1];
        if (op.memory) {
            at.store16(op, low, high, aligned);
        } else {
            at.set(op.rm, low, high);
        }
    }

    // --- scalars: from memory they clear what is above them, from a register they leave it

    static void loadSingle(SimdOps at, Op op) {
        at.source4(op);
        if (op.memory) {
            at.set(op.reg, at.s0, 0);
        } else {
            at.x[2 * op.reg] = at.x[2 * op.reg] & ~LOW32 | at.s0 & LOW32;
        }
    }

    static void storeSingle(SimdOps at, Op op) {
        if (op.memory) {
            at.store4(op, (int) at.x[2 * op.reg]);
        } else {
            at.x[2 * op.rm] = at.x[2 * op.rm] & ~LOW32 | at.x[2 * op.reg] & LOW32;
        }
    }

    static void loadDouble(SimdOps at, Op op) {
        at.source8(op);
        at.x[2 * op.reg] = at.s0;
        if (op.memory) {
            at.x[2 * op.reg + 1] = 0;
        }
    }

    static void storeDouble(SimdOps at, Op op) {
        if (op.memory) {
            at.store8(op, at.x[2 * op.reg]);
        } else {
            at.x[2 * op.rm] = at.x[2 * op.reg];
        }
    }

    // --- halves

    /** MOVLPS, MOVLPD; between registers MOVHLPS. */
    static void loadLow(SimdOps at, Op op) {
        at.source8(op);
        at.x[2 * op.reg] = op.memory ? at.s0 : at.s1;
    }

    /** MOVHPS, MOVHPD; between registers MOVLHPS. */
    static void loadHigh(SimdOps at, Op op) {
        at.source8(op);
        at.x[2 * op.reg + 1] = at.s0;
    }

    static void storeLow(SimdOps at, Op op) {
        at.store8(op, at.x[2 * op.reg]);
    }

    static void storeHigh(SimdOps at, Op op) {
        at.store8(op, at.x[2 * op.reg + 1]);
    }

    // --- MOVD and MOVQ

    /** Between XMM registers, and from memory. */
    static void loadQuadword(SimdOps at, Op op) {
        at.source8(op);
        at.set(op.reg, at.s0, 0);
    }

    static void storeQuadword(SimdOps at, Op op) {
        if (op.memory) {
            at.store8(op, at.x[2 * op.reg]);
        } else {
            at.set(op.rm, at.x[2 * op.reg], 0);
        }
    }

    static void fromGeneral(SimdOps at, Op op) {
        at.set(op.reg, at.cpu.readRm(op), 0);
    }

    static void toGeneral(SimdOps at, Op op) {
        at.cpu.writeRm(op, at.x[2 * op.reg]);
    }

    static void loadMmx(SimdOps at, Op op) {
        at.sourceMmx(op);
        at.mm(op.reg, at.s0);
    }

    static void storeMmx(SimdOps at, Op op) {
        if (op.memory) {
            at.store8(op, at.mm(op.reg));
            at.mmx();
        } else {
            at.mm(op.rm, at.mm(op.reg));
        }
    }

    static void mmxFromGeneral(SimdOps at, Op op) {
        at.mm(op.reg, at.cpu.readRm(op));
    }

    static void mmxToGeneral(SimdOps at, Op op) {
        at.cpu.writeRm(op, at.mm(op.reg));
        at.mmx();
    }

    /** MOVDQ2Q. */
    static void xmmToMmx(SimdOps at, Op op) {
        at.mm(op.reg, at.x[2 * op.rm]);
    }

    /** MOVQ2DQ. */
    static void mmxToXmm(SimdOps at, Op op) {
        at.set(op.reg, at.mm(op.rm), 0);
        at.mmx();
    }

    // --- signs of lanes

    static void singleSigns(SimdOps at, Op op) {
        long low = at.x[2 * op.rm];
        long high = at.x[2 * op.rm + 1];
        at.state.set(op.reg, 4,
                low >>> 31 & 1 | low >>> 63 << 1 | (high >>> 31 & 1) << 2 | high >>> 63 << 3);
    }

    static void doubleSigns(SimdOps at, Op op) {
        at.state.set(op.reg, 4, at.x[2 * op.rm] >>> 63 | at.x[2 * op.rm + 1] >>> 63 << 1);
    }

    static void byteSigns(SimdOps at, Op op) {
        at.state.set(op.reg, 4, PackedIntegers.byteMask(at.x[2 * op.rm])
                | PackedIntegers.byteMask(at.x[2 * op.rm + 1]) << 8);
    }

    static void byteSignsMmx(SimdOps at, Op op) {
        at.state.set(op.reg, 4, PackedIntegers.byteMask(at.mm(op.rm)));
        at.mmx();
    }

    // --- MASKMOVDQU, MASKMOVQ: bytes to DS:rDI where the mask's sign bits say so

    static void masked(SimdOps at, Op op) {
        int mask = PackedIntegers.byteMask(at.x[2 * op.rm]) | PackedIntegers.byteMask(at.x[2 * op.rm + 1]) << 8;
        masked(at, op, mask, 16, at.x[2 * op.reg], at.x[2 * op.reg + 1]);
    }

    static void maskedMmx(SimdOps at, Op op) {
        masked(at, op, PackedIntegers.byteMask(at.mm(op.rm)), 8, at.mm(op.reg), 0);
        at.mmx();
    }

    /** All of it must be writable, even with a mask of zeros: what happens then is left to processors. */
    private static void masked(SimdOps at, Op op, int mask, int size, long low, long high) {
        long offset = at.state.r[Registers.RDI] & op.addressMask;
        long linear = at.cpu.linear(op.segment, offset, size, true);
        at.mmu.probe(linear, size);
        for (int i = 0; i < size; i++) {
            if ((mask >> i & 1) != 0) {
                at.mmu.store8(at.mmu.wrap(linear + i), (int) ((i < 8 ? low : high) >>> 8 * (i & 7)));
            }
        }
    }

    static void emms(SimdOps at, Op op) {
        at.fpu.top = 0;
        at.fpu.empty = 0xFF;
    }
}

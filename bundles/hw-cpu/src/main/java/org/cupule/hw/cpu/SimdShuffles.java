package org.cupule.hw.cpu;

/**
 * Instructions that move lanes: packing, unpacking, shuffling, inserting, and shifts of a whole register. Source: SDM
 * volume 2.
 *
 * @threading immutable
 */
final class SimdShuffles {
    private static final long LOW32 = 0xFFFF_FFFFL;

    private SimdShuffles() {
    }

    /**
     * Narrows the lanes of 64 bits.
     *
     * @threading immutable
     */
    @FunctionalInterface
    interface Narrowing {
        /** {@return 32 bits} */
        long apply(long lanes);
    }

    static SimdAction pack(Narrowing narrow) {
        return (at, op) -> {
            at.source(op);
            int to = 2 * op.reg;
            at.set(op.reg, narrow.apply(at.x[to]) | narrow.apply(at.x[to + 1]) << 32,
                    narrow.apply(at.s0) | narrow.apply(at.s1) << 32);
        };
    }

    static SimdAction packMmx(Narrowing narrow) {
        return (at, op) -> {
            at.sourceMmx(op);
            at.mm(op.reg, narrow.apply(at.mm(op.reg)) | narrow.apply(at.s0) << 32);
        };
    }

    static SimdAction unpackLow(Lanes interleave) {
        return (at, op) -> {
            at.source(op);
            unpack(at, op, interleave, at.x[2 * op.reg], at.s0);
        };
    }

    static SimdAction unpackHigh(Lanes interleave) {
        return (at, op) -> {
            at.source(op);
            unpack(at, op, interleave, at.x[2 * op.reg + 1], at.s1);
        };
    }

    private static void unpack(SimdOps at, Op op, Lanes interleave, long a, long b) {
        at.set(op.reg, interleave.apply(a, b), interleave.apply(a >>> 32, b >>> 32));
    }

    static SimdAction unpackLowMmx(Lanes interleave) {
        return (at, op) -> {
            if (op.memory) {
                at.load4(op);
            } else {
                at.sourceMmx(op);
            }
            at.mm(op.reg, interleave.apply(at.mm(op.reg), at.s0));
        };
    }

    static SimdAction unpackHighMmx(Lanes interleave) {
        return (at, op) -> {
            at.sourceMmx(op);
            at.mm(op.reg, interleave.apply(at.mm(op.reg) >>> 32, at.s0 >>> 32));
        };
    }

    static void unpackLowQuadwords(SimdOps at, Op op) {
        at.source(op);
        at.x[2 * op.reg + 1] = at.s0;
    }

    static void unpackHighQuadwords(SimdOps at, Op op) {
        at.source(op);
        at.set(op.reg, at.x[2 * op.reg + 1], at.s1);
    }

    // --- by the immediate's four pairs of bits

    private static long word(long from, int which) {
        return from >>> 16 * (which & 3) & 0xFFFF;
    }

    private static long words(long from, int order) {
        return word(from, order) | word(from, order >> 2) << 16 | word(from, order >> 4) << 32
                | word(from, order >> 6) << 48;
    }

    private static long doubleword(long low, long high, int which) {
        return ((which & 2) == 0 ? low : high) >>> 32 * (which & 1) & LOW32;
    }

    static void words(SimdOps at, Op op) {
        at.sourceMmx(op);
        at.mm(op.reg, words(at.s0, (int) op.imm));
    }

    static void lowWords(SimdOps at, Op op) {
        at.source(op);
        at.set(op.reg, words(at.s0, (int) op.imm), at.s1);
    }

    static void highWords(SimdOps at, Op op) {
        at.source(op);
        at.set(op.reg, at.s0, words(at.s1, (int) op.imm));
    }

    static void doublewords(SimdOps at, Op op) {
        at.source(op);
        int order = (int) op.imm;
        at.set(op.reg, doubleword(at.s0, at.s1, order) | doubleword(at.s0, at.s1, order >> 2) << 32,
                doubleword(at.s0, at.s1, order >> 4) | doubleword(at.s0, at.s1, order >> 6) << 32);
    }

    /** SHUFPS: the lower half from the destination, the upper one from the source. */
    static void singles(SimdOps at, Op op) {
        at.source(op);
        long a0 = at.x[2 * op.reg];
        long a1 = at.x[2 * op.reg + 1];
        int order = (int) op.imm;
        at.set(op.reg, doubleword(a0, a1, order) | doubleword(a0, a1, order >> 2) << 32,
                doubleword(at.s0, at.s1, order >> 4) | doubleword(at.s0, at.s1, order >> 6) << 32);
    }

    static void doubles(SimdOps at, Op op) {
        at.source(op);
        at.set(op.reg, at.x[2 * op.reg + (int) (op.imm & 1)], (op.imm & 2) == 0 ? at.s0 : at.s1);
    }

    // --- words in and out

    private static long source16(SimdOps at, Op op) {
        return op.memory ? at.mmu.load16(at.cpu.readAddress(op, 2)) : at.state.r[op.rm] & 0xFFFF;
    }

    private static long insert(long into, int which, long word) {
        return into & ~(0xFFFFL << 16 * which) | word << 16 * which;
    }

    static void insert(SimdOps at, Op op) {
        int to = 2 * op.reg + (int) (op.imm >> 2 & 1);
        at.x[to] = insert(at.x[to], (int) op.imm & 3, source16(at, op));
    }

    static void insertMmx(SimdOps at, Op op) {
        at.mm(op.reg, insert(at.mm(op.reg), (int) op.imm & 3, source16(at, op)));
    }

    static void extract(SimdOps at, Op op) {
        at.state.set(op.reg, 4, word(at.x[2 * op.rm + (int) (op.imm >> 2 & 1)], (int) op.imm));
    }

    static void extractMmx(SimdOps at, Op op) {
        at.state.set(op.reg, 4, word(at.mm(op.rm), (int) op.imm));
        at.mmx();
    }

    // --- shifts

    static SimdAction shift(Lanes by) {
        return (at, op) -> at.shift(op.rm, by, op.imm);
    }

    static SimdAction shiftMmx(Lanes by) {
        return (at, op) -> at.mm(op.rm, by.apply(at.mm(op.rm), op.imm));
    }

    /** PSLLDQ. */
    static void bytesLeft(SimdOps at, Op op) {
        int bits = (int) Math.min(16, op.imm) * 8;
        long low = at.x[2 * op.rm];
        long high = at.x[2 * op.rm + 1];
        at.set(op.rm, PackedIntegers.shiftLeftQuadwords(low, bits),
                PackedIntegers.shiftLeftQuadwords(high, bits) | crossing(low, bits, true));
    }

    /** PSRLDQ. */
    static void bytesRight(SimdOps at, Op op) {
        int bits = (int) Math.min(16, op.imm) * 8;
        long low = at.x[2 * op.rm];
        long high = at.x[2 * op.rm + 1];
        at.set(op.rm, PackedIntegers.shiftRightQuadwords(low, bits) | crossing(high, bits, false),
                PackedIntegers.shiftRightQuadwords(high, bits));
    }

    /** {@return what comes over from the other half} */
    private static long crossing(long half, int bits, boolean left) {
        if (bits == 0 || bits == 128) {
            return 0;
        }
        if (bits >= 64) {
            return left ? half << bits - 64 : half >>> bits - 64;
        }
        return left ? half >>> 64 - bits : half << 64 - bits;
    }
}

package org.cupule.hw.cpu;

/**
 * Conversions between integers, single and double precision. Source: SDM volume 2.
 *
 * @threading immutable
 */
final class SimdConversions {
    private static final long LOW32 = 0xFFFF_FFFFL;
    private static final SimdFormat SINGLE = SimdFormat.SINGLE;
    private static final SimdFormat DOUBLE = SimdFormat.DOUBLE;

    private SimdConversions() {
    }

    // --- one format to the other

    static void singlesToDoubles(SimdOps at, Op op) {
        at.source8(op);
        SimdArithmetic by = at.floats.begin();
        long low = by.convert(SINGLE, DOUBLE, at.s0 & LOW32);
        long high = by.convert(SINGLE, DOUBLE, at.s0 >>> 32);
        at.floats.end();
        at.set(op.reg, low, high);
    }

    static void doublesToSingles(SimdOps at, Op op) {
        at.source(op);
        SimdArithmetic by = at.floats.begin();
        long low = by.convert(DOUBLE, SINGLE, at.s0) | by.convert(DOUBLE, SINGLE, at.s1) << 32;
        at.floats.end();
        at.set(op.reg, low, 0);
    }

    static void singleToDouble(SimdOps at, Op op) {
        at.source4(op);
        long number = at.floats.begin().convert(SINGLE, DOUBLE, at.s0 & LOW32);
        at.floats.end();
        at.x[2 * op.reg] = number;
    }

    static void doubleToSingle(SimdOps at, Op op) {
        at.source8(op);
        long number = at.floats.begin().convert(DOUBLE, SINGLE, at.s0);
        at.floats.end();
        at.x[2 * op.reg] = at.x[2 * op.reg] & ~LOW32 | number;
    }

    // --- from integers

    private static long singles(SimdArithmetic by, long integers) {
        return by.fromInteger((int) integers, SINGLE) | by.fromInteger((int) (integers >>> 32), SINGLE) << 32;
    }

    static void integersToSingles(SimdOps at, Op op) {
        at.source(op);
        SimdArithmetic by = at.floats.begin();
        long low = singles(by, at.s0);
        long high = singles(by, at.s1);
        at.floats.end();
        at.set(op.reg, low, high);
    }

    static void integersToDoubles(SimdOps at, Op op) {
        at.source8(op);
        setDoubles(at, op);
    }

    private static void setDoubles(SimdOps at, Op op) {
        at.set(op.reg, Double.doubleToRawLongBits((int) at.s0), Double.doubleToRawLongBits((int) (at.s0 >>> 32)));
    }

    static void mmxToSingles(SimdOps at, Op op) {
        at.sourceMmx(op);
        long low = singles(at.floats.begin(), at.s0);
        at.mmx(); // even where an exception follows
        at.floats.end();
        at.x[2 * op.reg] = low;
    }

    /** From memory it leaves the FPU alone, and does not look at its exceptions. */
    static void mmxToDoubles(SimdOps at, Op op) {
        if (op.memory) {
            at.load8(op);
        } else {
            at.requireMmx();
            at.sourceMmx(op);
            at.mmx();
        }
        setDoubles(at, op);
    }

    private static long general(SimdOps at, Op op) {
        return Processor.signExtend(at.cpu.readRm(op), op.size);
    }

    static void generalToSingle(SimdOps at, Op op) {
        long number = at.floats.begin().fromInteger(general(at, op), SINGLE);
        at.floats.end();
        at.x[2 * op.reg] = at.x[2 * op.reg] & ~LOW32 | number;
    }

    static void generalToDouble(SimdOps at, Op op) {
        long number = at.floats.begin().fromInteger(general(at, op), DOUBLE);
        at.floats.end();
        at.x[2 * op.reg] = number;
    }

    // --- to integers

    private static long integers(SimdArithmetic by, long singles, boolean chop) {
        return by.toInteger(SINGLE, singles & LOW32, 4, chop) & LOW32
                | by.toInteger(SINGLE, singles >>> 32, 4, chop) << 32;
    }

    private static long integers(SimdArithmetic by, long first, long second, boolean chop) {
        return by.toInteger(DOUBLE, first, 4, chop) & LOW32 | by.toInteger(DOUBLE, second, 4, chop) << 32;
    }

    static SimdAction singlesToIntegers(boolean chop) {
        return (at, op) -> {
            at.source(op);
            SimdArithmetic by = at.floats.begin();
            long low = integers(by, at.s0, chop);
            long high = integers(by, at.s1, chop);
            at.floats.end();
            at.set(op.reg, low, high);
        };
    }

    static SimdAction doublesToIntegers(boolean chop) {
        return (at, op) -> {
            at.source(op);
            long low = integers(at.floats.begin(), at.s0, at.s1, chop);
            at.floats.end();
            at.set(op.reg, low, 0);
        };
    }

    static SimdAction singlesToMmx(boolean chop) {
        return (at, op) -> {
            at.source8(op);
            long both = integers(at.floats.begin(), at.s0, chop);
            at.mmx(); // even where an exception follows
            at.floats.end();
            at.mm(op.reg, both);
        };
    }

    static SimdAction doublesToMmx(boolean chop) {
        return (at, op) -> {
            at.source(op);
            long both = integers(at.floats.begin(), at.s0, at.s1, chop);
            at.mmx(); // even where an exception follows
            at.floats.end();
            at.mm(op.reg, both);
        };
    }

    static SimdAction singleToGeneral(boolean chop) {
        return (at, op) -> {
            at.source4(op);
            long value = at.floats.begin().toInteger(SINGLE, at.s0 & LOW32, op.size, chop);
            at.floats.end();
            at.state.set(op.reg, op.size, value);
        };
    }

    static SimdAction doubleToGeneral(boolean chop) {
        return (at, op) -> {
            at.source8(op);
            long value = at.floats.begin().toInteger(DOUBLE, at.s0, op.size, chop);
            at.floats.end();
            at.state.set(op.reg, op.size, value);
        };
    }
}

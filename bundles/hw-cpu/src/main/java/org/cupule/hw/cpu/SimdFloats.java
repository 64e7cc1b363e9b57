package org.cupule.hw.cpu;

/**
 * Floating-point instructions on packed and scalar numbers: all elements are computed first, then the exceptions are
 * looked at, and only then the register changes. Source: SDM volume 1, "Handling SIMD Floating-Point Exceptions";
 * volume 2.
 *
 * @threading confined to its CPU
 */
final class SimdFloats {
    /** Exceptions that come before the result is computed: unmasked, they hide those that come behind. */
    private static final int BEFORE = Rounding.INVALID | Rounding.DENORMAL | Rounding.ZERO_DIVIDE;
    private static final long LOW32 = 0xFFFF_FFFFL;

    private final Processor cpu;
    private final Simd simd;
    final SimdArithmetic arithmetic = new SimdArithmetic();

    SimdFloats(Processor cpu) {
        this.cpu = cpu;
        this.simd = cpu.simd;
    }

    /**
     * What happens to a pair of numbers; those of single precision stand in lower halves.
     *
     * @threading immutable
     */
    @FunctionalInterface
    interface Function {
        /** {@return the result, in its lower half where it is of single precision} */
        long apply(SimdArithmetic at, long destination, long source);
    }

    SimdArithmetic begin() {
        arithmetic.begin(simd.mxcsr);
        return arithmetic;
    }

    /** The instruction's exceptions reach MXCSR; one that is not masked is raised. */
    void end() {
        int flags = arithmetic.rounding.flags;
        int unmasked = flags & ~(simd.mxcsr >> 7);
        if (unmasked == 0) {
            simd.mxcsr |= flags;
            return;
        }
        simd.mxcsr |= (unmasked & BEFORE) != 0 ? flags & BEFORE : flags;
        throw (cpu.state.cr4 & X86.CR4_OSXMMEXCPT) != 0 ? cpu.fault.of(X86.XM, Fault.NO_CODE) : cpu.ud();
    }

    static SimdAction singles(Function function) {
        return (at, op) -> {
            at.source(op);
            SimdArithmetic by = at.floats.begin();
            long low = pair(by, function, at.x[2 * op.reg], at.s0);
            long high = pair(by, function, at.x[2 * op.reg + 1], at.s1);
            at.floats.end();
            at.set(op.reg, low, high);
        };
    }

    private static long pair(SimdArithmetic by, Function function, long a, long b) {
        return function.apply(by, a & LOW32, b & LOW32) & LOW32 | function.apply(by, a >>> 32, b >>> 32) << 32;
    }

    static SimdAction doubles(Function function) {
        return (at, op) -> {
            at.source(op);
            SimdArithmetic by = at.floats.begin();
            long low = function.apply(by, at.x[2 * op.reg], at.s0);
            long high = function.apply(by, at.x[2 * op.reg + 1], at.s1);
            at.floats.end();
            at.set(op.reg, low, high);
        };
    }

    static SimdAction single(Function function) {
        return (at, op) -> {
            at.source4(op);
            long a = at.x[2 * op.reg];
            long result = function.apply(at.floats.begin(), a & LOW32, at.s0 & LOW32);
            at.floats.end();
            at.x[2 * op.reg] = a & ~LOW32 | result & LOW32;
        };
    }

    static SimdAction twice(Function function) {
        return (at, op) -> {
            at.source8(op);
            long result = function.apply(at.floats.begin(), at.x[2 * op.reg], at.s0);
            at.floats.end();
            at.x[2 * op.reg] = result;
        };
    }

    // --- comparisons

    /** CMPPS and its like: the immediate says which relation, its third bit that it must not hold. */
    static Function comparison(SimdFormat format, int predicate) {
        boolean quiet = (predicate & 3) == 0 || (predicate & 3) == 3;
        int wanted = switch (predicate & 3) {
            case 0 -> X86.ZF;
            case 1 -> X86.CF;
            case 2 -> X86.ZF | X86.CF;
            default -> X86.PF;
        };
        boolean not = (predicate & 4) != 0;
        return (at, a, b) -> holds(at.compare(format, a, b, quiet), wanted) != not ? -1 : 0;
    }

    private static boolean holds(int order, int wanted) {
        boolean unordered = (order & X86.PF) != 0;
        return unordered ? wanted == X86.PF : (order & wanted) != 0;
    }

    /** COMISS, UCOMISS and their like. */
    static SimdAction order(SimdFormat format, boolean quiet) {
        return (at, op) -> {
            if (format == SimdFormat.SINGLE) {
                at.source4(op);
            } else {
                at.source8(op);
            }
            long mask = format == SimdFormat.SINGLE ? LOW32 : -1;
            int order = at.floats.begin().compare(format, at.x[2 * op.reg] & mask, at.s0 & mask, quiet);
            at.floats.end();
            at.state.flag(X86.ARITHMETIC, order);
        };
    }

    // --- RCPPS, RSQRTPS and their like: no exceptions, no rounding mode

    /**
     * The reciprocal, rounded to 12 bits of significand: at most 2^-13 off, 1.5 * 2^-12 is allowed. Denormal numbers
     * count as zero, and results that would be denormal are zero.
     */
    static long reciprocal(SimdArithmetic at, long unused, long b) {
        if (SimdFormat.SINGLE.nan(b)) {
            return b | SimdFormat.SINGLE.quiet;
        }
        return approximate(1 / value(b));
    }

    /** The reciprocal of the square root, rounded in the same way. */
    static long reciprocalRoot(SimdArithmetic at, long unused, long b) {
        if (SimdFormat.SINGLE.nan(b)) {
            return b | SimdFormat.SINGLE.quiet;
        }
        double value = value(b);
        if (value < 0) {
            return SimdFormat.SINGLE.indefinite;
        }
        return approximate(value == 0 ? 1 / value : 1 / Math.sqrt(value));
    }

    private static double value(long b) {
        SimdFormat single = SimdFormat.SINGLE;
        return single.value(single.denormal(b) ? b & single.sign : b);
    }

    private static long approximate(double value) {
        long bits = Double.doubleToRawLongBits(value);
        long rounded = bits + (1L << 40) & -1L << 41; // 11 bits behind the leading one
        float single = (float) Double.longBitsToDouble(Double.isInfinite(value) ? bits : rounded);
        long answer = Float.floatToRawIntBits(single) & LOW32;
        return SimdFormat.SINGLE.denormal(answer) ? answer & SimdFormat.SINGLE.sign : answer;
    }
}

package org.cupule.hw.cpu;

/**
 * The arithmetic of SSE and SSE2 on single numbers, bit for bit, with the flags of MXCSR. Source: SDM volume 1, "SSE
 * Programming Environment", "Handling SIMD Floating-Point Exceptions in Software"; volume 2.
 *
 * <p>
 * Numbers of single precision stand in the lower half of a word. What is usual, rounding to nearest among numbers far
 * from the ends of their range, the host's arithmetic does, and only whether it was exact is to be found out; all else
 * is computed by the FPU's kernel in 64 bits, cut off with the last bit set where something was lost, which rounds like
 * the exact number, and rounded by {@link SimdRounding}.
 *
 * @threading confined to its CPU
 */
final class SimdArithmetic {
    /** The FPU's kernel: all masked, 64 bits, cut off. */
    private static final int EXACT = 0xF3F;
    /** Exponents of double precision whose products, quotients and errors are all normal. */
    private static final int LEAST = 128;
    private static final int MOST = 1900;

    final SimdRounding rounding = new SimdRounding();
    private final Rounding kernel = new Rounding();
    private final FloatArithmetic arithmetic = new FloatArithmetic(kernel);
    private final Extended left = new Extended();
    private final Extended right = new Extended();
    private final Extended answer = new Extended();

    /** An instruction begins. */
    void begin(int mxcsr) {
        rounding.begin(mxcsr);
    }

    // --- double precision

    private static boolean usual(long bits) {
        int exponent = (int) (bits >>> 52) & 0x7FF;
        return exponent >= LEAST && exponent <= MOST;
    }

    private boolean fast(long a, long b) {
        return rounding.nearest && usual(a) && usual(b);
    }

    /** {@return a result of the host's} whose error has to be looked at only while no flag tells of one. */
    private long exactly(double result, double error) {
        rounding.flags |= error != 0 ? Rounding.INEXACT : 0;
        return Double.doubleToRawLongBits(result);
    }

    long add(long a, long b) {
        if (fast(a, b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double sum = x + y;
            long bits = Double.doubleToRawLongBits(sum);
            if (usual(bits)) {
                return rounding.toldInexact ? bits : exactly(sum, rest(x, y, sum));
            }
        }
        return compute(Kind.ADD, SimdFormat.DOUBLE, a, b);
    }

    long subtract(long a, long b) {
        if (fast(a, b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double difference = x - y;
            long bits = Double.doubleToRawLongBits(difference);
            if (usual(bits)) {
                return rounding.toldInexact ? bits : exactly(difference, rest(x, -y, difference));
            }
        }
        return compute(Kind.SUBTRACT, SimdFormat.DOUBLE, a, b);
    }

    /** {@return what a sum has lost}, by Knuth's exact transformation. */
    private static double rest(double x, double y, double sum) {
        double part = sum - x;
        return x - (sum - part) + (y - part);
    }

    long multiply(long a, long b) {
        if (fast(a, b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double product = x * y;
            long bits = Double.doubleToRawLongBits(product);
            if (usual(bits)) {
                return rounding.toldInexact ? bits : exactly(product, Math.fma(x, y, -product));
            }
        }
        return compute(Kind.MULTIPLY, SimdFormat.DOUBLE, a, b);
    }

    long divide(long a, long b) {
        if (fast(a, b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double quotient = x / y;
            long bits = Double.doubleToRawLongBits(quotient);
            if (usual(bits)) {
                return rounding.toldInexact ? bits : exactly(quotient, Math.fma(quotient, y, -x));
            }
        }
        return compute(Kind.DIVIDE, SimdFormat.DOUBLE, a, b);
    }

    long root(long unused, long b) {
        if (b > 0 && fast(b, b)) {
            double x = Double.longBitsToDouble(b);
            double root = Math.sqrt(x);
            return rounding.toldInexact
                    ? Double.doubleToRawLongBits(root)
                    : exactly(root, Math.fma(root, root, -x));
        }
        return compute(Kind.ROOT, SimdFormat.DOUBLE, b, b);
    }

    // --- single precision, in double precision, which is wide enough to round twice

    private static boolean usualSingle(long bits) {
        int exponent = (int) (bits >>> 23) & 0xFF;
        return exponent > 1 && exponent < 0xFF;
    }

    private boolean fastSingle(long a, long b) {
        return rounding.nearest && usualSingle(a) && usualSingle(b);
    }

    private static double wide(long bits) {
        return Float.intBitsToFloat((int) bits);
    }

    /** {@return a single from its double} or -1 where it is none of the usual ones. */
    private long narrow(double result, boolean exact) {
        float single = (float) result;
        long bits = Float.floatToRawIntBits(single) & 0xFFFF_FFFFL;
        if (!usualSingle(bits)) {
            return -1;
        }
        rounding.flags |= exact && single == result ? 0 : Rounding.INEXACT;
        return bits;
    }

    long addSingle(long a, long b) {
        if (fastSingle(a, b)) {
            double sum = wide(a) + wide(b);
            long bits = narrow(sum, rest(wide(a), wide(b), sum) == 0);
            if (bits >= 0) {
                return bits;
            }
        }
        return compute(Kind.ADD, SimdFormat.SINGLE, a, b);
    }

    long subtractSingle(long a, long b) {
        if (fastSingle(a, b)) {
            double difference = wide(a) - wide(b);
            long bits = narrow(difference, rest(wide(a), -wide(b), difference) == 0);
            if (bits >= 0) {
                return bits;
            }
        }
        return compute(Kind.SUBTRACT, SimdFormat.SINGLE, a, b);
    }

    long multiplySingle(long a, long b) {
        if (fastSingle(a, b)) {
            long bits = narrow(wide(a) * wide(b), true);
            if (bits >= 0) {
                return bits;
            }
        }
        return compute(Kind.MULTIPLY, SimdFormat.SINGLE, a, b);
    }

    long divideSingle(long a, long b) {
        if (fastSingle(a, b)) {
            double quotient = wide(a) / wide(b);
            long bits = narrow(quotient, Math.fma(quotient, wide(b), -wide(a)) == 0);
            if (bits >= 0) {
                return bits;
            }
        }
        return compute(Kind.DIVIDE, SimdFormat.SINGLE, a, b);
    }

    long rootSingle(long unused, long b) {
        if ((int) b > 0 && fastSingle(b, b)) {
            double root = Math.sqrt(wide(b));
            return narrow(root, Math.fma(root, root, -wide(b)) == 0);
        }
        return compute(Kind.ROOT, SimdFormat.SINGLE, b, b);
    }

    // --- the rest

    /**
     * What {@link #compute} does.
     *
     * @threading immutable
     */
    private enum Kind {
        ADD, SUBTRACT, MULTIPLY, DIVIDE, ROOT
    }

    private long compute(Kind kind, SimdFormat format, long first, long second) {
        if (format.nan(first) || format.nan(second)) {
            return rounding.nan(format, first, second);
        }
        long a = rounding.operand(format, first);
        long b = rounding.operand(format, second);
        format.widen(a, left);
        format.widen(b, right);
        kernel.control = EXACT;
        kernel.flags = 0;
        switch (kind) {
            case ADD -> arithmetic.add(left, right, answer);
            case SUBTRACT -> arithmetic.subtract(left, right, answer);
            case MULTIPLY -> arithmetic.multiply(left, right, answer);
            case DIVIDE -> arithmetic.divide(left, right, answer);
            case ROOT -> arithmetic.root(left, answer);
        }
        if ((kernel.flags & (Rounding.INVALID | Rounding.ZERO_DIVIDE)) == 0) {
            rounding.denormal(format, a, b);
        }
        rounding.flags |= kernel.flags & (Rounding.INVALID | Rounding.ZERO_DIVIDE);
        if (answer.zero() && (kind == Kind.ADD || kind == Kind.SUBTRACT)) {
            return zeroSum(kind, format, a, b);
        }
        return rounding.round(answer, (kernel.flags & Rounding.INEXACT) != 0, format);
    }

    /** The sign of a sum of nothing: that of both, or minus when rounding down. */
    private long zeroSum(Kind kind, SimdFormat format, long a, long b) {
        boolean first = format.negative(a);
        boolean second = format.negative(b) != (kind == Kind.SUBTRACT);
        return (first == second ? first : rounding.mode() == SimdRounding.DOWN) ? format.sign : 0;
    }

    // --- comparisons

    /**
     * Compares. {@return ZF PF CF as UCOMISD gives them}
     *
     * @param quiet
     *            whether a QNaN is no invalid operand
     */
    int compare(SimdFormat format, long first, long second, boolean quiet) {
        if (format.nan(first) || format.nan(second)) {
            boolean signals = !quiet || format.signaling(first) || format.signaling(second);
            rounding.flags |= signals ? Rounding.INVALID : 0;
            return X86.ZF | X86.PF | X86.CF;
        }
        long a = rounding.operand(format, first);
        long b = rounding.operand(format, second);
        rounding.denormal(format, a, b);
        double x = format.value(a);
        double y = format.value(b);
        return x == y ? X86.ZF : x < y ? X86.CF : 0;
    }

    /** {@return the lesser or the greater one; the second where they are equal or one of them is a NaN} */
    long extreme(SimdFormat format, long first, long second, boolean greater) {
        if (format.nan(first) || format.nan(second)) {
            rounding.flags |= Rounding.INVALID;
            return rounding.operand(format, second);
        }
        long a = rounding.operand(format, first);
        long b = rounding.operand(format, second);
        rounding.denormal(format, a, b);
        double x = format.value(a);
        double y = format.value(b);
        return (greater ? x > y : x < y) ? a : b;
    }

    // --- conversions

    /** {@return a number in another format} */
    long convert(SimdFormat from, SimdFormat to, long number) {
        if (from.nan(number)) {
            rounding.flags |= from.signaling(number) ? Rounding.INVALID : 0;
            return from.nanTo(to, number);
        }
        long a = rounding.operand(from, number);
        rounding.denormal(from, a, a);
        return rounding.round(from.widen(a, left), false, to);
    }

    /** {@return an integer as a number} */
    long fromInteger(long value, SimdFormat to) {
        long magnitude = Math.abs(value);
        int up = Long.numberOfLeadingZeros(magnitude);
        left.set(value < 0, value == 0 ? 0 : Extended.BIAS + 63 - up, value == 0 ? 0 : magnitude << up);
        return rounding.round(left, false, to);
    }

    /** {@return a number as an integer of so many bytes, or the smallest one where it is none} */
    long toInteger(SimdFormat from, long number, int size, boolean chop) {
        kernel.control = rounding.mode() << 10;
        kernel.flags = 0;
        long value = kernel.integer(from.widen(rounding.operand(from, number), left), size, chop);
        rounding.flags |= kernel.flags & (Rounding.INVALID | Rounding.INEXACT);
        return value;
    }
}

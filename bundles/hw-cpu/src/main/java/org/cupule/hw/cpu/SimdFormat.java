package org.cupule.hw.cpu;

/**
 * The two formats of SSE's numbers. Source: SDM volume 1, "Floating-Point Data Types".
 *
 * @threading immutable
 */
enum SimdFormat {
    /** 8 bits of exponent, 23 of fraction. */
    SINGLE(23, 0xFF, 127),
    /** 11 bits of exponent, 52 of fraction. */
    DOUBLE(52, 0x7FF, 1023);

    /** Bits of the fraction, without the leading one. */
    final int fractionBits;
    /** The exponent of infinities and NaNs. */
    final int special;
    final int bias;
    final long sign;
    final long infinity;
    /** The bit that makes a NaN quiet. */
    final long quiet;
    /** The QNaN that stands for no answer. */
    final long indefinite;
    private final long magnitude;

    SimdFormat(int fractionBits, int special, int bias) {
        this.fractionBits = fractionBits;
        this.special = special;
        this.bias = bias;
        this.infinity = (long) special << fractionBits;
        this.sign = (long) special + 1 << fractionBits;
        this.quiet = 1L << fractionBits - 1;
        this.indefinite = sign | infinity | quiet;
        this.magnitude = sign - 1;
    }

    boolean negative(long bits) {
        return (bits & sign) != 0;
    }

    boolean nan(long bits) {
        return (bits & magnitude) > infinity;
    }

    boolean signaling(long bits) {
        return nan(bits) && (bits & quiet) == 0;
    }

    boolean denormal(long bits) {
        long rest = bits & magnitude;
        return rest != 0 && rest >>> fractionBits == 0;
    }

    /** {@return a number of either format, exactly} */
    double value(long bits) {
        return this == SINGLE ? Float.intBitsToFloat((int) bits) : Double.longBitsToDouble(bits);
    }

    /** {@return a number in the FPU's format, denormal ones made normal} */
    Extended widen(long bits, Extended into) {
        int exponent = (int) (bits >>> fractionBits) & special;
        long fraction = bits << 63 - fractionBits & ~Extended.INTEGER;
        if (exponent == special) {
            return into.set(negative(bits), Extended.SPECIAL, fraction | Extended.INTEGER);
        }
        if (exponent == 0 && fraction == 0) {
            return into.set(negative(bits), 0, 0);
        }
        if (exponent == 0) {
            int up = Long.numberOfLeadingZeros(fraction);
            return into.set(negative(bits), Extended.BIAS - bias + 1 - up, fraction << up);
        }
        return into.set(negative(bits), Extended.BIAS - bias + exponent, fraction | Extended.INTEGER);
    }

    /** {@return a NaN in another format, quiet} */
    long nanTo(SimdFormat to, long bits) {
        long fraction = bits << 63 - fractionBits & ~Extended.INTEGER;
        return (negative(bits) ? to.sign : 0) | to.infinity | to.quiet | fraction >>> 63 - to.fractionBits;
    }
}

package org.cupule.hw.cpu;

/**
 * Rounds to SSE's formats as MXCSR says, and gathers the exceptions of an instruction. Source: SDM volume 1, "SIMD
 * Floating-Point Exceptions", "Flush-To-Zero", "Denormals-Are-Zeros".
 *
 * @threading confined to its CPU
 */
final class SimdRounding {
    static final int DOWN = 1;
    private static final int UP = 2;
    private static final int CHOP = 3;
    private static final int DAZ = 1 << 6;
    private static final int UNDERFLOW_MASK = Rounding.UNDERFLOW << 7;
    private static final int INEXACT_MASK = Rounding.INEXACT << 7;
    private static final int FTZ = 1 << 15;

    private int mxcsr;
    /** The exceptions of the instruction so far, as in MXCSR. */
    int flags;
    /** Whether numbers are rounded to nearest, and an inexact result is no exception. */
    boolean nearest;
    /** Whether the flag for inexact results is up already. */
    boolean toldInexact;
    private boolean inexact;
    private boolean carried;

    void begin(int mxcsr) {
        this.mxcsr = mxcsr;
        flags = 0;
        nearest = (mxcsr & (3 << 13 | INEXACT_MASK)) == INEXACT_MASK;
        toldInexact = (mxcsr & Rounding.INEXACT) != 0;
    }

    int mode() {
        return mxcsr >> 13 & 3;
    }

    /** {@return an operand, zero where it is denormal and DAZ is set} */
    long operand(SimdFormat format, long bits) {
        return (mxcsr & DAZ) != 0 && format.denormal(bits) ? bits & format.sign : bits;
    }

    /** Tells of operands that are denormal. */
    void denormal(SimdFormat format, long a, long b) {
        flags |= format.denormal(a) || format.denormal(b) ? Rounding.DENORMAL : 0;
    }

    /** {@return the first of two numbers that is a NaN, made quiet} */
    long nan(SimdFormat format, long a, long b) {
        flags |= format.signaling(a) || format.signaling(b) ? Rounding.INVALID : 0;
        return (format.nan(a) ? a : b) | format.quiet;
    }

    /**
     * {@return a number in a format}
     *
     * @param more
     *            whether the exact one has more bits
     */
    long round(Extended number, boolean more, SimdFormat format) {
        long sign = number.negative() ? format.sign : 0;
        if (number.nan()) {
            return format.indefinite;
        }
        if (number.infinite() || number.zero()) {
            return sign | (number.zero() ? 0 : format.infinity);
        }
        int exponent = number.exponent() - Extended.BIAS + format.bias;
        long fraction = number.fraction | (more ? 1 : 0);
        long rounded = cut(sign != 0, fraction, 63 - format.fractionBits, format.fractionBits);
        int after = exponent + (carried ? 1 : 0);
        if (after <= 0) {
            return sign | tiny(sign != 0, exponent, fraction, format);
        }
        if (after >= format.special) {
            return sign | overflow(sign != 0, format);
        }
        flags |= inexact ? Rounding.INEXACT : 0;
        return sign | (long) after << format.fractionBits | rounded & format.quiet * 2 - 1;
    }

    /** Rounds off the lower bits of a significand; what carries out at the top leaves nothing but zeros. */
    private long cut(boolean negative, long fraction, int bits, int kept) {
        long lost = fraction << 64 - bits;
        long rest = fraction >>> bits;
        inexact = lost != 0;
        boolean up = switch (mode()) {
            case DOWN -> negative && inexact;
            case UP -> !negative && inexact;
            case CHOP -> false;
            default -> lost < 0 && (lost != Long.MIN_VALUE || (rest & 1) != 0);
        };
        long rounded = rest + (up ? 1 : 0);
        carried = rounded >>> kept + 1 != 0;
        return rounded;
    }

    /** A result below the smallest normal number. */
    private long tiny(boolean negative, int exponent, long fraction, SimdFormat format) {
        boolean masked = (mxcsr & UNDERFLOW_MASK) != 0;
        if (!masked) {
            flags |= Rounding.UNDERFLOW | (inexact ? Rounding.INEXACT : 0);
            return 0;
        }
        if ((mxcsr & FTZ) != 0) {
            flags |= Rounding.UNDERFLOW | Rounding.INEXACT;
            return 0;
        }
        int shift = 1 - exponent;
        long shifted = shift > 63 ? 1 : fraction >>> shift | (fraction << 64 - shift != 0 ? 1 : 0);
        long rounded = cut(negative, shifted, 63 - format.fractionBits, format.fractionBits);
        flags |= inexact ? Rounding.UNDERFLOW | Rounding.INEXACT : 0;
        return rounded;
    }

    private long overflow(boolean negative, SimdFormat format) {
        flags |= Rounding.OVERFLOW;
        boolean masked = (mxcsr & Rounding.OVERFLOW << 7) != 0;
        flags |= masked || inexact ? Rounding.INEXACT : 0;
        int mode = mode();
        boolean largest = mode == CHOP || mode == DOWN && !negative || mode == UP && negative;
        return largest ? format.infinity - 1 : format.infinity;
    }
}

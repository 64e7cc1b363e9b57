package org.cupule.hw.cpu;

import java.math.BigInteger;

/**
 * The FPU's arithmetic on {@link Extended} numbers, bit for bit. Source: SDM volume 1, "Programming with the x87 FPU",
 * volume 2, the instructions' tables of results.
 *
 * @threading confined to its CPU
 */
final class FloatArithmetic {
    private final Rounding rounding;
    private final Extended c = new Extended();

    FloatArithmetic(Rounding rounding) {
        this.rounding = rounding;
    }

    private void invalid(Extended into) {
        rounding.flags |= Rounding.INVALID;
        into.indefinite();
    }

    /** Deals with operands that are no numbers. {@return whether that was all} */
    private boolean special(Extended a, Extended b, Extended into) {
        if (a.unsupported() || b.unsupported()) {
            invalid(into);
            return true;
        }
        if (!a.nan() && !b.nan()) {
            rounding.flags |= a.denormal() || b.denormal() ? Rounding.DENORMAL : 0;
            return false;
        }
        rounding.flags |= a.signaling() || b.signaling() ? Rounding.INVALID : 0;
        Extended chosen = a.nan() && (!b.nan() || prefers(a, b)) ? a : b;
        into.set(chosen.high, chosen.fraction | Extended.QUIET);
        return true;
    }

    /** A QNaN wins over an SNaN; of two of a kind the larger significand, and then the positive one. */
    private static boolean prefers(Extended a, Extended b) {
        if (a.signaling() != b.signaling()) {
            return b.signaling();
        }
        int order = Long.compareUnsigned(a.fraction, b.fraction);
        return order > 0 || order == 0 && !a.negative();
    }

    void add(Extended a, Extended b, Extended into) {
        if (special(a, b, into)) {
            return;
        }
        if (a.infinite() || b.infinite()) {
            if (a.infinite() && b.infinite() && a.negative() != b.negative()) {
                invalid(into);
            } else {
                into.set(a.infinite() ? a : b);
            }
        } else if (a.zero() && b.zero()) {
            into.set(a.negative() == b.negative() ? a.negative() : rounding.mode() == 1, 0, 0);
        } else if (a.zero() || b.zero()) {
            Extended one = a.zero() ? b : a;
            rounding.round(one.negative(), one.normalExponent(), one.normalFraction(), 0, into);
        } else {
            sum(a, b, into);
        }
    }

    void subtract(Extended a, Extended b, Extended into) {
        if (b.nan()) {
            add(a, b, into);
        } else {
            add(a, c.set(b.high ^ 0x8000, b.fraction), into);
        }
    }

    private void sum(Extended a, Extended b, Extended into) {
        int order = a.normalExponent() - b.normalExponent();
        order = order != 0 ? order : Long.compareUnsigned(a.normalFraction(), b.normalFraction());
        Extended large = order >= 0 ? a : b;
        Extended small = order >= 0 ? b : a;
        int exponent = large.normalExponent();
        int shift = exponent - small.normalExponent();
        long hi = large.normalFraction();
        long other = small.normalFraction();
        long otherLow = shift == 0
                ? 0
                : shift > 127
                        ? 1
                        : shift == 64
                                ? other
                                : shift > 64
                                        ? other >>> shift - 64 | (other << 128 - shift != 0 ? 1 : 0)
                                        : other << 64 - shift;
        other = shift >= 64 ? 0 : other >>> shift;
        boolean negative = large.negative();
        if (negative == small.negative()) {
            long sum = hi + other;
            long low = otherLow;
            if (Long.compareUnsigned(sum, hi) < 0) {
                low = sum << 63 | low >>> 1 | low & 1;
                sum = sum >>> 1 | Extended.INTEGER;
                exponent++;
            }
            rounding.round(negative, exponent, sum, low, into);
            return;
        }
        long low = -otherLow;
        long difference = hi - other - (otherLow != 0 ? 1 : 0);
        if ((difference | low) == 0) {
            into.set(rounding.mode() == 1, 0, 0);
            return;
        }
        if (difference == 0) {
            difference = low;
            low = 0;
            exponent -= 64;
        }
        int up = Long.numberOfLeadingZeros(difference);
        if (up > 0) {
            difference = difference << up | low >>> 64 - up;
            low <<= up;
        }
        rounding.round(negative, exponent - up, difference, low, into);
    }

    void multiply(Extended a, Extended b, Extended into) {
        if (special(a, b, into)) {
            return;
        }
        boolean negative = a.negative() != b.negative();
        if (a.infinite() || b.infinite()) {
            if (a.zero() || b.zero()) {
                invalid(into);
            } else {
                into.set(negative, Extended.SPECIAL, Extended.INTEGER);
            }
        } else if (a.zero() || b.zero()) {
            into.set(negative, 0, 0);
        } else {
            long x = a.normalFraction();
            long y = b.normalFraction();
            long hi = Math.unsignedMultiplyHigh(x, y);
            long lo = x * y;
            int up = hi < 0 ? 0 : 1;
            rounding.round(negative, a.normalExponent() + b.normalExponent() - Extended.BIAS + 1 - up,
                    up == 0 ? hi : hi << 1 | lo >>> 63, lo << up, into);
        }
    }

    void divide(Extended a, Extended b, Extended into) {
        if (special(a, b, into)) {
            return;
        }
        boolean negative = a.negative() != b.negative();
        if (a.infinite() && b.infinite() || a.zero() && b.zero()) {
            invalid(into);
        } else if (a.infinite() || b.zero()) {
            if (!a.infinite()) {
                rounding.flags = rounding.flags & ~Rounding.DENORMAL | Rounding.ZERO_DIVIDE;
            }
            into.set(negative, Extended.SPECIAL, Extended.INTEGER);
        } else if (a.zero() || b.infinite()) {
            into.set(negative, 0, 0);
        } else {
            quotient(negative, a, b, into);
        }
    }

    private void quotient(boolean negative, Extended a, Extended b, Extended into) {
        long divisor = b.normalFraction();
        long rest = a.normalFraction();
        int exponent = a.normalExponent() - b.normalExponent() + Extended.BIAS;
        boolean below = Long.compareUnsigned(rest, divisor) < 0;
        long quotient = below ? 0 : 1;
        rest -= below ? 0 : divisor;
        for (int bit = below ? 64 : 63; bit > 0; bit--) {
            boolean carry = rest < 0;
            rest <<= 1;
            boolean fits = carry || Long.compareUnsigned(rest, divisor) >= 0;
            rest -= fits ? divisor : 0;
            quotient = quotient << 1 | (fits ? 1 : 0);
        }
        // Against half of the last bit: the rest twice, compared with the divisor.
        int half = rest == 0 ? -2 : Long.compareUnsigned(rest, divisor - rest);
        long low = half == -2 ? 0 : half < 0 ? 1 : half == 0 ? 1L << 63 : 1L << 63 | 1;
        rounding.round(negative, exponent - (below ? 1 : 0), quotient, low, into);
    }

    void root(Extended a, Extended into) {
        if (special(a, a, into)) {
            return;
        }
        if (a.zero() || a.infinite() && !a.negative()) {
            into.set(a);
        } else if (a.negative()) {
            rounding.flags &= ~Rounding.DENORMAL;
            invalid(into);
        } else {
            int exponent = a.normalExponent() - Extended.BIAS;
            var square = new BigInteger(Long.toUnsignedString(a.normalFraction())).shiftLeft(63 + (exponent & 1));
            BigInteger[] parts = square.sqrtAndRemainder();
            long low = parts[1].signum() == 0 ? 0 : parts[1].compareTo(parts[0]) > 0 ? 1L << 63 | 1 : 1;
            rounding.round(false, (exponent >> 1) + Extended.BIAS, parts[0].longValue(), low, into);
        }
    }

    /**
     * Compares. {@return C3 C2 C0 as ZF PF CF: 0 greater, CF less, ZF equal, all three unordered}
     *
     * @param quiet
     *            whether a QNaN is no invalid operand
     */
    int compare(Extended a, Extended b, boolean quiet) {
        if (a.unsupported() || b.unsupported() || a.nan() || b.nan()) {
            boolean silent = quiet && !a.unsupported() && !b.unsupported() && !a.signaling() && !b.signaling();
            rounding.flags |= silent ? 0 : Rounding.INVALID;
            return X86.ZF | X86.PF | X86.CF;
        }
        rounding.flags |= a.denormal() || b.denormal() ? Rounding.DENORMAL : 0;
        if (a.zero() && b.zero()) {
            return X86.ZF;
        }
        if (a.negative() != b.negative() || a.zero() || b.zero()) {
            boolean less = a.zero() ? !b.negative() : a.negative();
            return less ? X86.CF : 0;
        }
        int order = a.normalExponent() - b.normalExponent();
        order = order != 0 ? order : Long.compareUnsigned(a.normalFraction(), b.normalFraction());
        return order == 0 ? X86.ZF : order < 0 != a.negative() ? X86.CF : 0;
    }

    /** Scales a by two to the whole part of b. */
    void scale(Extended a, Extended b, Extended into) {
        if (special(a, b, into)) {
            return;
        }
        if (b.infinite()) {
            if (b.negative() ? a.infinite() : a.zero()) {
                invalid(into);
            } else if (b.negative()) {
                into.set(a.negative(), 0, 0);
            } else {
                into.set(a.negative(), Extended.SPECIAL, Extended.INTEGER);
            }
        } else if (a.zero() || a.infinite()) {
            into.set(a);
        } else {
            int shift = Extended.BIAS + 63 - b.normalExponent();
            int by = b.zero() || shift >= 64 ? 0 : shift < 47 ? 0x1_0000 : (int) (b.normalFraction() >>> shift);
            rounding.roundWhole(a.negative(), a.normalExponent() + (b.negative() ? -by : by), a.normalFraction(), 0,
                    into);
        }
    }

    /**
     * A step of the remainder of a and b. {@return the lowest three bits of the quotient; -1 when it takes more steps;
     * -2 when there is none}
     *
     * @param nearest
     *            whether the quotient is rounded to the nearest whole number (FPREM1), else it is cut off
     */
    int remainder(Extended a, Extended b, boolean nearest, Extended into) {
        if (special(a, b, into)) {
            return -2;
        }
        if (a.infinite() || b.zero()) {
            rounding.flags &= ~Rounding.DENORMAL;
            invalid(into);
            return -2;
        }
        int distance = a.normalExponent() - b.normalExponent();
        if (a.zero() || b.infinite() || distance < -1) {
            put(a.negative(), a.normalExponent(), a.normalFraction(), into);
            return 0;
        }
        if (distance == -1) {
            return smallRemainder(a, b, nearest, into);
        }
        boolean whole = distance < 64;
        int steps = whole ? distance : 32 + distance % 32;
        long divisor = b.normalFraction();
        long rest = a.normalFraction();
        long quotient = 0;
        boolean carry = false;
        for (int i = 0; i <= steps; i++) {
            boolean fits = carry || Long.compareUnsigned(rest, divisor) >= 0;
            rest -= fits ? divisor : 0;
            quotient = quotient << 1 | (fits ? 1 : 0);
            if (i < steps) {
                carry = rest < 0;
                rest <<= 1;
            }
        }
        boolean negative = a.negative();
        if (whole && nearest && rest != 0) {
            int order = Long.compareUnsigned(rest, divisor - rest);
            if (order > 0 || order == 0 && (quotient & 1) != 0) {
                quotient++;
                negative = !negative;
                rest = divisor - rest;
            }
        }
        put(negative, a.normalExponent() - steps, rest, into);
        return whole ? (int) quotient & 7 : -1;
    }

    /** The remainder of a number that is less than b, and more than a quarter of it. */
    private int smallRemainder(Extended a, Extended b, boolean nearest, Extended into) {
        if (!nearest || Long.compareUnsigned(a.normalFraction(), b.normalFraction()) <= 0) {
            put(a.negative(), a.normalExponent(), a.normalFraction(), into);
            return 0;
        }
        int saved = rounding.control;
        rounding.control |= 0x300; // the difference is exact in the whole width
        sum(a, c.set(!a.negative(), b.exponent(), b.fraction), into);
        rounding.control = saved;
        return 1;
    }

    private void put(boolean negative, int exponent, long fraction, Extended into) {
        if (fraction == 0) {
            into.set(negative, 0, 0);
            return;
        }
        int up = Long.numberOfLeadingZeros(fraction);
        rounding.roundWhole(negative, exponent - up, fraction << up, 0, into);
    }
}

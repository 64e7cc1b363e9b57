package org.cupule.hw.cpu;

import java.math.BigInteger;

/**
 * F2XM1, FYL2X, FYL2XP1, FSIN, FCOS, FPTAN and FPATAN. The exact function is computed to more than 200 bits and rounded
 * as the control word says, in the registers' whole width: nearer than the unit in the last place that is allowed.
 * Angles are reduced by pi as processors know it, to 66 bits. Source: SDM volume 1, "Transcendental Instruction
 * Accuracy", "Approximation of Pi"; volume 2, the instructions' tables of results.
 *
 * @threading confined to its CPU
 */
final class Transcendentals {
    /** Below two to this exponent a function is its first term, and a little. */
    private static final int SMALL = -70;
    /** Pi in 66 bits, as a fixed-point number. */
    private static final BigInteger PI66 = new BigInteger("C90FDAA22168C234C", 16)
            .shiftLeft(FixedPoint.BITS - 66);
    private static final BigInteger LOG2E = FixedPoint.divide(FixedPoint.ONE, FixedPoint.LN2);

    private final Rounding rounding;
    private final FloatArithmetic arithmetic;
    /** Whether an angle is beyond 2^63, so that it stays as it is. */
    boolean outside;
    private boolean swapped;
    private boolean sineNegative;
    private boolean cosineNegative;

    Transcendentals(Rounding rounding, FloatArithmetic arithmetic) {
        this.rounding = rounding;
        this.arithmetic = arithmetic;
    }

    private void invalid(Extended into) {
        rounding.flags |= Rounding.INVALID;
        into.indefinite();
    }

    /** Deals with operands that are no numbers. {@return whether that was all} */
    private boolean special(Extended a, Extended b, Extended into) {
        if (a.unsupported() || b.unsupported() || a.nan() || b.nan()) {
            arithmetic.add(a, b, into);
            return true;
        }
        return false;
    }

    private void denormal(Extended a, Extended b) {
        rounding.flags |= a.denormal() || b.denormal() ? Rounding.DENORMAL : 0;
    }

    /** {@return the power of two of the leading bit} */
    private static int power(Extended x) {
        return x.normalExponent() - Extended.BIAS;
    }

    private static BigInteger significand(Extended x) {
        return new BigInteger(Long.toUnsignedString(x.normalFraction()));
    }

    /** {@return a number as a fixed-point one, without its sign} */
    private static BigInteger fixed(Extended x) {
        return significand(x).shiftLeft(FixedPoint.BITS + power(x) - 63);
    }

    /**
     * Rounds an irrational number.
     *
     * @param scale
     *            bits of the magnitude that lie behind the point
     */
    private void put(boolean negative, BigInteger magnitude, int scale, Extended into) {
        int length = magnitude.bitLength();
        BigInteger top = magnitude.shiftRight(length - 128);
        rounding.roundWhole(negative, length - 1 - scale + Extended.BIAS, top.shiftRight(64).longValue(),
                top.longValue() | 1, into);
    }

    /** Rounds a number of 64 bits and a little more, or less. */
    private void near(Extended x, boolean less, Extended into) {
        long fraction = x.normalFraction();
        boolean borrow = less && fraction == Extended.INTEGER;
        long high = !less ? fraction : borrow ? -1L : fraction - 1;
        rounding.roundWhole(x.negative(), x.normalExponent() - (borrow ? 1 : 0), high, less ? -1L : 1, into);
    }

    // --- powers and logarithms

    /** Two to x, less one; x is from -1 to 1. */
    void power(Extended x, Extended into) {
        if (special(x, x, into)) {
            return;
        }
        if (x.infinite() || x.zero()) {
            into.set(x.infinite() && x.negative() ? 0xBFFF : x.high, x.fraction);
            return;
        }
        denormal(x, x);
        if (power(x) < SMALL) {
            put(x.negative(), significand(x).multiply(FixedPoint.LN2), FixedPoint.BITS + 63 - power(x), into);
        } else if (power(x) > 0 || power(x) == 0 && x.normalFraction() != Extended.INTEGER) {
            into.set(x); // undefined
        } else if (power(x) == 0) {
            into.set(x.negative(), Extended.BIAS - (x.negative() ? 1 : 0), Extended.INTEGER);
        } else {
            BigInteger exponent = FixedPoint.multiply(fixed(x), FixedPoint.LN2);
            BigInteger result = FixedPoint.exponential(x.negative() ? exponent.negate() : exponent);
            put(x.negative(), result.abs(), FixedPoint.BITS, into);
        }
    }

    /** y * log2(x). */
    void logarithm(Extended x, Extended y, Extended into) {
        if (special(y, x, into)) {
            return;
        }
        if (x.negative() && !x.zero()) {
            invalid(into);
            return;
        }
        boolean one = x.exponent() == Extended.BIAS && x.fraction == Extended.INTEGER;
        if (x.infinite() && y.zero() || y.infinite() && one || x.zero() && y.zero()) {
            invalid(into);
            return;
        }
        boolean negative = y.negative() != (x.normalExponent() < Extended.BIAS);
        if (x.zero() || x.infinite() || y.infinite()) {
            rounding.flags |= x.zero() && !y.infinite() ? Rounding.ZERO_DIVIDE : 0;
            if (!x.zero()) {
                denormal(x, y);
            }
            into.set(negative, Extended.SPECIAL, Extended.INTEGER);
            return;
        }
        denormal(x, y);
        if (one || y.zero()) {
            into.set(one ? y.negative() : negative, 0, 0);
            return;
        }
        product(y, negative, log2(x), into);
    }

    /** {@return the magnitude of log2(x)} */
    private static BigInteger log2(Extended x) {
        BigInteger rest = significand(x).shiftLeft(FixedPoint.BITS - 63).subtract(FixedPoint.ONE);
        int whole = power(x);
        if (whole == -1) { // just below 1 nothing may cancel out
            rest = rest.subtract(FixedPoint.ONE).shiftRight(1);
            whole = 0;
        }
        BigInteger part = FixedPoint.multiply(FixedPoint.logarithm(rest), LOG2E);
        return part.add(FixedPoint.ONE.multiply(BigInteger.valueOf(whole))).abs();
    }

    /** {@return the logarithm of a number of at most 1/2} */
    private static BigInteger log2(BigInteger number) {
        int whole = number.bitLength() - 1 - FixedPoint.BITS;
        BigInteger rest = number.shiftLeft(-whole).subtract(FixedPoint.ONE);
        return FixedPoint.multiply(FixedPoint.logarithm(rest), LOG2E)
                .add(FixedPoint.ONE.multiply(BigInteger.valueOf(whole)));
    }

    private void product(Extended y, boolean negative, BigInteger factor, Extended into) {
        BigInteger magnitude = significand(y).multiply(factor);
        int zeros = magnitude.getLowestSetBit();
        if (magnitude.bitLength() - zeros <= 128) {
            exact(negative, magnitude, FixedPoint.BITS + 63 - power(y), into);
        } else {
            put(negative, magnitude, FixedPoint.BITS + 63 - power(y), into);
        }
    }

    /** Rounds a number that has no more bits than are given. */
    private void exact(boolean negative, BigInteger magnitude, int scale, Extended into) {
        int length = magnitude.bitLength();
        BigInteger top = magnitude.shiftLeft(Math.max(0, 128 - length)).shiftRight(Math.max(0, length - 128));
        rounding.roundWhole(negative, length - 1 - scale + Extended.BIAS, top.shiftRight(64).longValue(),
                top.longValue(), into);
    }

    /** y * log2(x + 1); x is small. */
    void logarithmOfMore(Extended x, Extended y, Extended into) {
        if (special(y, x, into)) {
            return;
        }
        if (x.infinite() && (x.negative() || y.zero()) || x.zero() && y.infinite()) {
            invalid(into);
            return;
        }
        boolean negative = x.negative() != y.negative();
        denormal(x, y);
        if (x.infinite() || y.infinite()) {
            into.set(negative, Extended.SPECIAL, Extended.INTEGER);
        } else if (x.zero() || y.zero()) {
            into.set(negative, 0, 0);
        } else if (power(x) < SMALL) {
            BigInteger magnitude = significand(x).multiply(significand(y)).multiply(LOG2E);
            put(negative, magnitude, FixedPoint.BITS + 126 - power(x) - power(y), into);
        } else if (power(x) >= 0) {
            into.set(y); // undefined
        } else if (x.negative() && power(x) == -1) {
            product(y, negative, log2(FixedPoint.ONE.subtract(fixed(x))).abs(), into);
        } else {
            BigInteger by = x.negative() ? fixed(x).negate() : fixed(x);
            product(y, negative, FixedPoint.multiply(FixedPoint.logarithm(by), LOG2E).abs(), into);
        }
    }

    // --- angles

    /** Deals with angles that have no sine. {@return whether that was all} */
    private boolean noAngle(Extended x, Extended into) {
        outside = false;
        if (special(x, x, into)) {
            return true;
        }
        if (x.infinite()) {
            invalid(into);
            return true;
        }
        outside = !x.zero() && power(x) >= 63;
        return outside;
    }

    /** {@return the angle's distance from the nearest multiple of a right one}, an eighth of a circle at most. */
    private BigInteger reduce(Extended x) {
        BigInteger angle = fixed(x);
        BigInteger right = PI66.shiftRight(1);
        BigInteger[] parts = angle.add(right.shiftRight(1)).divideAndRemainder(right);
        int quadrant = parts[0].intValue() & 3;
        BigInteger rest = parts[1].subtract(right.shiftRight(1));
        swapped = (quadrant & 1) != 0;
        boolean behind = rest.signum() < 0;
        sineNegative = x.negative() != (quadrant >= 2) != (behind && !swapped);
        cosineNegative = quadrant == 2 || quadrant == 1 && !behind || quadrant == 3 && behind;
        return rest.abs();
    }

    void sine(Extended x, Extended into) {
        if (noAngle(x, into)) {
            return;
        }
        denormal(x, x);
        if (x.zero()) {
            into.set(x);
        } else if (power(x) < SMALL) {
            near(x, true, into);
        } else {
            BigInteger rest = reduce(x);
            put(sineNegative, swapped ? FixedPoint.cosine(rest) : FixedPoint.sine(rest), FixedPoint.BITS, into);
        }
    }

    void cosine(Extended x, Extended into) {
        if (noAngle(x, into)) {
            return;
        }
        denormal(x, x);
        if (x.zero()) {
            into.set(false, Extended.BIAS, Extended.INTEGER);
        } else if (power(x) < SMALL) {
            near(into.set(false, Extended.BIAS, Extended.INTEGER), true, into);
        } else {
            BigInteger rest = reduce(x);
            put(cosineNegative, swapped ? FixedPoint.sine(rest) : FixedPoint.cosine(rest), FixedPoint.BITS, into);
        }
    }

    void tangent(Extended x, Extended into) {
        if (noAngle(x, into)) {
            return;
        }
        denormal(x, x);
        if (x.zero()) {
            into.set(x);
        } else if (power(x) < SMALL) {
            near(x, false, into);
        } else {
            BigInteger rest = reduce(x);
            BigInteger sine = FixedPoint.sine(rest);
            BigInteger cosine = FixedPoint.cosine(rest);
            put(sineNegative != cosineNegative,
                    swapped ? FixedPoint.divide(cosine, sine) : FixedPoint.divide(sine, cosine), FixedPoint.BITS, into);
        }
    }

    /** The angle of the point (x, y), from -pi to pi. */
    void arcTangent(Extended y, Extended x, Extended into) {
        if (special(y, x, into)) {
            return;
        }
        denormal(y, x);
        boolean negative = y.negative();
        if (y.zero() || x.infinite() && !y.infinite()) {
            if (x.negative()) {
                put(negative, FixedPoint.PI, FixedPoint.BITS, into);
            } else {
                into.set(negative, 0, 0);
            }
        } else if (x.zero() || y.infinite()) {
            int eighths = !x.infinite() ? 4 : x.negative() ? 6 : 2;
            put(negative, FixedPoint.PI.multiply(BigInteger.valueOf(eighths)), FixedPoint.BITS + 3, into);
        } else {
            slope(y, x, into);
        }
    }

    private void slope(Extended y, Extended x, Extended into) {
        int distance = power(y) - power(x);
        BigInteger angle;
        if (distance < SMALL && !x.negative()) {
            BigInteger ratio = significand(y).shiftLeft(256).divide(significand(x));
            boolean whole = ratio.multiply(significand(x)).equals(significand(y).shiftLeft(256));
            put(y.negative(), whole ? ratio.subtract(BigInteger.ONE) : ratio, 256 - distance, into);
            return;
        } else if (distance < -FixedPoint.BITS) {
            angle = BigInteger.ONE;
        } else if (distance > FixedPoint.BITS) {
            angle = FixedPoint.PI.shiftRight(1);
        } else {
            angle = quarter(significand(y), significand(x), distance);
        }
        put(y.negative(), x.negative() ? FixedPoint.PI.subtract(angle) : angle, FixedPoint.BITS, into);
    }

    /** {@return the angle of a point between the positive axes} */
    private static BigInteger quarter(BigInteger y, BigInteger x, int distance) {
        BigInteger a = y.shiftLeft(Math.max(0, distance));
        BigInteger b = x.shiftLeft(Math.max(0, -distance));
        return a.compareTo(b) <= 0
                ? FixedPoint.arcTangent(FixedPoint.divide(a, b))
                : FixedPoint.PI.shiftRight(1).subtract(FixedPoint.arcTangent(FixedPoint.divide(b, a)));
    }
}

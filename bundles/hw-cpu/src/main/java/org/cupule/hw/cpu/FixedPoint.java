package org.cupule.hw.cpu;

import java.math.BigInteger;

/**
 * Elementary functions of numbers with {@value #BITS} bits behind the point: power series after a reduction that makes
 * them converge quickly. Their errors lie far below what the FPU's 64 bits show.
 *
 * @threading immutable
 */
final class FixedPoint {
    /** Bits behind the point. */
    static final int BITS = 320;
    static final BigInteger ONE = BigInteger.ONE.shiftLeft(BITS);
    static final BigInteger LN2 = hyperbolic(ONE.divide(BigInteger.valueOf(3))).shiftLeft(1);
    /** Machin's formula. */
    static final BigInteger PI = series(BigInteger.valueOf(5), true).shiftLeft(4)
            .subtract(series(BigInteger.valueOf(239), true).shiftLeft(2));
    private static final int HALVINGS = 5;

    private FixedPoint() {
    }

    static BigInteger multiply(BigInteger a, BigInteger b) {
        return a.multiply(b).shiftRight(BITS);
    }

    static BigInteger divide(BigInteger a, BigInteger b) {
        return a.shiftLeft(BITS).divide(b);
    }

    /** {@return the arc tangent of one by a whole number} */
    private static BigInteger series(BigInteger by, boolean alternating) {
        BigInteger power = ONE.divide(by);
        BigInteger square = by.multiply(by);
        BigInteger sum = power;
        for (int n = 3; power.signum() != 0; n += 2) {
            power = power.divide(square);
            BigInteger term = power.divide(BigInteger.valueOf(n));
            sum = alternating && (n & 2) != 0 ? sum.subtract(term) : sum.add(term);
        }
        return sum;
    }

    /** {@return x + x^3/3 + x^5/5 ..., the area tangent} */
    private static BigInteger hyperbolic(BigInteger x) {
        return odd(x, false);
    }

    private static BigInteger odd(BigInteger x, boolean alternating) {
        BigInteger square = multiply(x, x);
        BigInteger power = x;
        BigInteger sum = x;
        for (int n = 3; power.abs().bitLength() > 1; n += 2) {
            power = multiply(power, square);
            BigInteger term = power.divide(BigInteger.valueOf(n));
            sum = alternating && (n & 2) != 0 ? sum.subtract(term) : sum.add(term);
        }
        return sum;
    }

    /** {@return e^x - 1} for a small x. */
    static BigInteger exponential(BigInteger x) {
        BigInteger term = x;
        BigInteger sum = x;
        for (int n = 2; term.abs().bitLength() > 1; n++) {
            term = multiply(term, x).divide(BigInteger.valueOf(n));
            sum = sum.add(term);
        }
        return sum;
    }

    /** {@return the natural logarithm of 1 + x}, for x from -1/2 to 1. */
    static BigInteger logarithm(BigInteger x) {
        return hyperbolic(divide(x, x.add(ONE).add(ONE))).shiftLeft(1);
    }

    /** {@return the sine} of an angle below 1. */
    static BigInteger sine(BigInteger x) {
        return circle(x, x, 1);
    }

    /** {@return the cosine} of an angle below 1. */
    static BigInteger cosine(BigInteger x) {
        return circle(x, ONE, 0);
    }

    private static BigInteger circle(BigInteger x, BigInteger first, int power) {
        BigInteger square = multiply(x, x);
        BigInteger term = first;
        BigInteger sum = first;
        for (int n = power + 1; term.abs().bitLength() > 1; n += 2) {
            term = multiply(term, square).divide(BigInteger.valueOf((long) n * (n + 1))).negate();
            sum = sum.add(term);
        }
        return sum;
    }

    /** {@return the arc tangent} of a number from 0 to 1. Halving the angle: x / (1 + sqrt(1 + x^2)). */
    static BigInteger arcTangent(BigInteger x) {
        BigInteger half = x;
        for (int i = 0; i < HALVINGS; i++) {
            BigInteger root = ONE.add(multiply(half, half)).shiftLeft(BITS).sqrt();
            half = divide(half, ONE.add(root));
        }
        return odd(half, true).shiftLeft(HALVINGS);
    }
}

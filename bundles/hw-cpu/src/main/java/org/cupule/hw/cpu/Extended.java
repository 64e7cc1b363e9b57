package org.cupule.hw.cpu;

/**
 * A number in the FPU's own format, double extended precision. Source: SDM volume 1, "Floating-Point Data Types".
 *
 * <pre>
 *   79   78              64 63                                      0
 *  +---+-------------------+---+-------------------------------------+
 *  | s | exponent + 16383  | 1 |  fraction                           |     the integer bit is there to be seen
 *  +---+-------------------+---+-------------------------------------+
 * </pre>
 *
 * @threading confined to its CPU
 */
final class Extended {
    static final int BIAS = 16383;
    static final int SPECIAL = 0x7FFF;
    static final long INTEGER = 1L << 63;
    static final long QUIET = 1L << 62;

    /** Sign and exponent, 16 bits. */
    int high;
    /** The significand with its integer bit. */
    long fraction;

    Extended set(int high, long fraction) {
        this.high = high & 0xFFFF;
        this.fraction = fraction;
        return this;
    }

    Extended set(boolean negative, int exponent, long fraction) {
        return set((negative ? 0x8000 : 0) | exponent, fraction);
    }

    Extended set(Extended other) {
        return set(other.high, other.fraction);
    }

    /** Becomes the QNaN that stands for no answer. */
    Extended indefinite() {
        return set(0xFFFF, INTEGER | QUIET);
    }

    boolean negative() {
        return (high & 0x8000) != 0;
    }

    int exponent() {
        return high & 0x7FFF;
    }

    boolean zero() {
        return exponent() == 0 && fraction == 0;
    }

    boolean infinite() {
        return exponent() == SPECIAL && fraction == INTEGER;
    }

    boolean nan() {
        return exponent() == SPECIAL && fraction << 1 != 0;
    }

    boolean signaling() {
        return nan() && (fraction & QUIET) == 0;
    }

    boolean denormal() {
        return exponent() == 0 && fraction != 0;
    }

    /** {@return whether this is an encoding that no processor since the 287 takes: its integer bit should be set} */
    boolean unsupported() {
        return exponent() != 0 && fraction >= 0;
    }

    /** {@return the exponent of the number with its significand shifted up to the top} */
    int normalExponent() {
        return exponent() == 0 ? 1 - Long.numberOfLeadingZeros(fraction) : exponent();
    }

    /** {@return the significand, shifted up to the top} */
    long normalFraction() {
        return exponent() == 0 && fraction != 0 ? fraction << Long.numberOfLeadingZeros(fraction) : fraction;
    }
}

package org.cupule.hw.cpu;

/**
 * FBLD's and FBSTP's numbers: a byte with the sign in its top bit, then eighteen decimal digits, two a byte. Source:
 * SDM volume 1, "BCD and Packed BCD Integers".
 *
 * @threading immutable
 */
final class PackedDecimal {
    /** What stands for no number: its upper two bytes. */
    static final int INDEFINITE_HIGH = 0xFFFF;
    /** And its lower eight. */
    static final long INDEFINITE_LOW = 0xC000_0000_0000_0000L;
    private static final long BEYOND = 1_000_000_000_000_000_000L;

    private PackedDecimal() {
    }

    /** {@return the magnitude of 18 digits, two of them in the upper word} */
    static long magnitude(int high, long low) {
        long value = (high >> 4 & 0xF) * 10 + (high & 0xF);
        for (int shift = 60; shift >= 0; shift -= 4) {
            value = value * 10 + (low >>> shift & 0xF);
        }
        return value;
    }

    /** {@return whether a magnitude has more than 18 digits} */
    static boolean tooLong(long magnitude) {
        return Long.compareUnsigned(magnitude, BEYOND) >= 0;
    }

    /** {@return the lower 16 digits} */
    static long low(long magnitude) {
        long digits = 0;
        long rest = magnitude;
        for (int shift = 0; shift < 64; shift += 4) {
            digits |= rest % 10 << shift;
            rest /= 10;
        }
        return digits;
    }

    /** {@return sign and upper two digits} */
    static int high(boolean negative, long magnitude) {
        int upper = (int) (magnitude / 10_000_000_000_000_000L);
        return (negative ? 0x8000 : 0) | upper / 10 << 4 | upper % 10;
    }
}

package org.cupule.hw.cpu;

/**
 * Rounds what the FPU has computed, with the exceptions that come of it. Source: SDM volume 1, "Rounding",
 * "Floating-Point Exceptions".
 *
 * <p>
 * A value to be rounded is a 128-bit significand, its top bit set, in two halves; the lowest bits of the lower half
 * only need to tell whether something is there.
 *
 * @threading confined to its CPU
 */
final class Rounding {
    static final int INVALID = 1;
    static final int DENORMAL = 2;
    static final int ZERO_DIVIDE = 4;
    static final int OVERFLOW = 8;
    static final int UNDERFLOW = 16;
    static final int INEXACT = 32;
    static final int STACK = 64;
    static final int ROUNDED_UP = 0x200;
    private static final int DOWN = 1;
    private static final int UP = 2;
    private static final int CHOP = 3;
    /** Bias adjustment of a result whose overflow or underflow is not masked. */
    private static final int ADJUSTMENT = 24576;

    /** The control word. */
    int control;
    /** Bits of the status word that the instruction sets. */
    int flags;
    private int exponent;
    private long fraction;

    /** {@return whether an exception of this instruction is not masked} */
    boolean unmasked(int exceptions) {
        return (flags & ~control & exceptions) != 0;
    }

    int mode() {
        return control >> 10 & 3;
    }

    /** {@return the bits of precision that arithmetic is to keep} */
    private int precision() {
        return switch (control >> 8 & 3) {
            case 0 -> 24;
            case 2 -> 53;
            default -> 64;
        };
    }

    /** Rounds to the precision that the control word says. */
    void round(boolean negative, int exponent, long high, long low, Extended into) {
        round(negative, exponent, high, low, precision(), Extended.SPECIAL, true);
        into.set(negative, this.exponent & 0x7FFF, fraction);
    }

    /** Rounds to a register's whole width. */
    void roundWhole(boolean negative, int exponent, long high, long low, Extended into) {
        round(negative, exponent, high, low, 64, Extended.SPECIAL, true);
        into.set(negative, this.exponent & 0x7FFF, fraction);
    }

    /** {@return the number in single precision} */
    int single(Extended number) {
        if (number.unsupported()) {
            flags |= INVALID;
            return 0xFFC0_0000;
        }
        int sign = number.negative() ? 1 << 31 : 0;
        if (number.exponent() == Extended.SPECIAL) {
            return sign | 0x7F80_0000 | (int) (quiet(number) >>> 40) & 0x7F_FFFF;
        }
        if (number.fraction == 0) {
            return sign;
        }
        round(number.negative(), number.normalExponent() - Extended.BIAS + 127, number.normalFraction(), 0, 24, 0xFF,
                false);
        return sign | exponent << 23 | (int) (fraction >>> 40) & 0x7F_FFFF;
    }

    /** {@return the number in double precision} */
    long twice(Extended number) {
        if (number.unsupported()) {
            flags |= INVALID;
            return 0xFFF8_0000_0000_0000L;
        }
        long sign = number.negative() ? 1L << 63 : 0;
        if (number.exponent() == Extended.SPECIAL) {
            return sign | 0x7FFL << 52 | quiet(number) >>> 11 & (1L << 52) - 1;
        }
        if (number.fraction == 0) {
            return sign;
        }
        round(number.negative(), number.normalExponent() - Extended.BIAS + 1023, number.normalFraction(), 0, 53, 0x7FF,
                false);
        return sign | (long) exponent << 52 | fraction >>> 11 & (1L << 52) - 1;
    }

    private long quiet(Extended number) {
        flags |= number.signaling() ? INVALID : 0;
        return number.nan() ? number.fraction | Extended.QUIET : number.fraction;
    }

    private void round(boolean negative, int wanted, long high, long low, int precision, int special,
            boolean register) {
        exponent = wanted;
        long hi = high;
        long lo = low;
        boolean tiny = wanted <= 0 && !carries(negative, wanted, high, low, precision);
        if (tiny && (control & UNDERFLOW) == 0 && register) {
            flags |= UNDERFLOW;
            exponent = wanted + ADJUSTMENT;
            if (exponent <= 0) {
                beyond(0, 0);
                return;
            }
            tiny = false;
        } else if (tiny) {
            int shift = 1 - wanted;
            lo = shift >= 128
                    ? 1
                    : shift >= 64
                            ? jam(hi, lo, shift - 64)
                            : shift == 0 ? lo : hi << 64 - shift | lo >>> shift | (lo << 64 - shift != 0 ? 1 : 0);
            hi = shift >= 64 ? 0 : hi >>> shift;
            exponent = 0;
        }
        boolean inexact = cut(negative, hi, lo, precision);
        if (tiny) {
            exponent = fraction < 0 ? 1 : 0;
            flags |= inexact || (control & UNDERFLOW) == 0 ? UNDERFLOW : 0;
        }
        flags |= inexact ? INEXACT : 0;
        if (exponent >= special) {
            overflow(negative, precision, special, register);
        }
    }

    /** A result that even with its exponent adjusted lies outside. */
    private void beyond(int exponent, long fraction) {
        this.exponent = exponent;
        this.fraction = fraction;
        flags |= INEXACT;
    }

    /**
     * {@return whether rounding makes a number just below the smallest normal one normal}: tininess counts after it.
     */
    private boolean carries(boolean negative, int wanted, long high, long low, int precision) {
        if (wanted != 0) {
            return false;
        }
        int before = flags;
        cut(negative, high, low, precision);
        flags = before;
        boolean carried = exponent != wanted;
        exponent = wanted;
        return carried;
    }

    /** {@return the upper half shifted down into the lower by more than its width, with what falls out told} */
    private static long jam(long hi, long lo, int shift) {
        if (shift == 0) {
            return hi | (lo != 0 ? 1 : 0);
        }
        return hi >>> shift | (hi << 64 - shift != 0 || lo != 0 ? 1 : 0);
    }

    /** Rounds the significand; counts the exponent up where it overflows. {@return whether something was lost} */
    private boolean cut(boolean negative, long hi, long lo, int precision) {
        int unused = 64 - precision;
        long rest = unused == 0 ? lo : hi << precision | (lo != 0 ? 1 : 0);
        boolean inexact = rest != 0;
        fraction = unused == 0 ? hi : hi & -1L << unused;
        boolean odd = (hi >>> unused & 1) != 0;
        boolean up = switch (mode()) {
            case DOWN -> inexact && negative;
            case UP -> inexact && !negative;
            case CHOP -> false;
            default -> rest < 0 && (rest << 1 != 0 || odd);
        };
        if (up) {
            flags |= ROUNDED_UP;
            long before = fraction;
            fraction += 1L << unused;
            if (before < 0 && fraction >= 0) {
                fraction = Extended.INTEGER;
                exponent++;
            }
        }
        return inexact;
    }

    private void overflow(boolean negative, int precision, int special, boolean register) {
        flags |= OVERFLOW;
        if ((control & OVERFLOW) == 0 && register) {
            exponent -= ADJUSTMENT;
            if (exponent >= special) {
                beyond(special, Extended.INTEGER);
                flags |= ROUNDED_UP;
            }
            return;
        }
        flags |= INEXACT;
        int mode = mode();
        if (mode == CHOP || mode == DOWN && !negative || mode == UP && negative) {
            flags &= ~ROUNDED_UP;
            exponent = special - 1;
            fraction = -1L << 64 - precision;
        } else {
            flags |= ROUNDED_UP;
            exponent = special;
            fraction = Extended.INTEGER;
        }
    }

    /** {@return the number as an integer of so many bytes, or the smallest one with an exception when it is none} */
    long integer(Extended number, int size, boolean chop) {
        long none = Long.MIN_VALUE >> 64 - 8 * size;
        if (number.unsupported() || number.exponent() >= Extended.BIAS + 64) {
            flags |= INVALID;
            return none;
        }
        int before = flags;
        long magnitude = whole(number, chop);
        boolean tooLarge = number.exponent() > Extended.BIAS + 63 || exponent > 0
                || (number.negative()
                        ? Long.compareUnsigned(magnitude, -none) > 0
                        : Long.compareUnsigned(magnitude, -none - 1) > 0);
        if (tooLarge) {
            flags = before | INVALID;
            return none;
        }
        return number.negative() ? -magnitude : magnitude;
    }

    /** Rounds a number to a whole one below 2^64. {@return its magnitude; {@link #exponent} is 1 when that is 2^64} */
    private long whole(Extended number, boolean chop) {
        int saved = control;
        control |= chop ? CHOP << 10 : 0;
        int shift = Extended.BIAS + 63 - number.normalExponent();
        long hi = number.normalFraction();
        long lo = shift == 0 || number.fraction == 0 ? 0 : shift >= 65 ? 1 : shift == 64 ? hi : hi << 64 - shift;
        exponent = 0;
        boolean inexact = number.fraction != 0
                && cut(number.negative(), shift >= 64 ? 0 : hi >>> shift, lo, 64);
        if (number.fraction == 0) {
            fraction = 0;
        }
        flags |= inexact ? INEXACT : 0;
        control = saved;
        return fraction;
    }

    /** Rounds a number to a whole one, in its own format. */
    void toWhole(Extended number) {
        if (number.exponent() >= Extended.BIAS + 63 || number.zero()) {
            return;
        }
        flags |= number.denormal() ? DENORMAL : 0;
        long magnitude = whole(number, false);
        int shift = Long.numberOfLeadingZeros(magnitude);
        number.set(number.negative(), magnitude == 0 ? 0 : Extended.BIAS + 63 - shift,
                magnitude == 0 ? 0 : magnitude << shift);
    }
}

package org.cupule.hw.cpu;

/**
 * The packed integer arithmetic of MMX and SSE2 on 64 bits, the destination first. Source: SDM volume 2.
 *
 * @threading immutable
 */
final class PackedIntegers {
    private static final long SIGNS8 = 0x8080_8080_8080_8080L;
    private static final long SIGNS16 = 0x8000_8000_8000_8000L;
    private static final long SIGNS32 = 0x8000_0000_8000_0000L;
    private static final long ONES16 = 0x0001_0001_0001_0001L;
    private static final long LOW32 = 0xFFFF_FFFFL;

    private PackedIntegers() {
    }

    // --- additions without carries between the lanes: the sign bits are added by themselves

    private static long add(long a, long b, long signs) {
        return (a & ~signs) + (b & ~signs) ^ (a ^ b) & signs;
    }

    private static long subtract(long a, long b, long signs) {
        return (a | signs) - (b & ~signs) ^ (a ^ ~b) & signs;
    }

    static long addBytes(long a, long b) {
        return add(a, b, SIGNS8);
    }

    static long addWords(long a, long b) {
        return add(a, b, SIGNS16);
    }

    static long addDoublewords(long a, long b) {
        return add(a, b, SIGNS32);
    }

    static long subtractBytes(long a, long b) {
        return subtract(a, b, SIGNS8);
    }

    static long subtractWords(long a, long b) {
        return subtract(a, b, SIGNS16);
    }

    static long subtractDoublewords(long a, long b) {
        return subtract(a, b, SIGNS32);
    }

    static long subtractQuadwords(long a, long b) {
        return a - b;
    }

    // --- with saturation

    static long addSignedBytes(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 8) {
            r |= (clampByte((byte) (a >>> i) + (byte) (b >>> i)) & 0xFFL) << i;
        }
        return r;
    }

    static long addSignedWords(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 16) {
            r |= (clampWord((short) (a >>> i) + (short) (b >>> i)) & 0xFFFFL) << i;
        }
        return r;
    }

    static long addUnsignedBytes(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 8) {
            r |= Math.min(0xFF, (a >>> i & 0xFF) + (b >>> i & 0xFF)) << i;
        }
        return r;
    }

    static long addUnsignedWords(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 16) {
            r |= Math.min(0xFFFF, (a >>> i & 0xFFFF) + (b >>> i & 0xFFFF)) << i;
        }
        return r;
    }

    static long subtractSignedBytes(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 8) {
            r |= (clampByte((byte) (a >>> i) - (byte) (b >>> i)) & 0xFFL) << i;
        }
        return r;
    }

    static long subtractSignedWords(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 16) {
            r |= (clampWord((short) (a >>> i) - (short) (b >>> i)) & 0xFFFFL) << i;
        }
        return r;
    }

    static long subtractUnsignedBytes(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 8) {
            r |= Math.max(0, (a >>> i & 0xFF) - (b >>> i & 0xFF)) << i;
        }
        return r;
    }

    static long subtractUnsignedWords(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 16) {
            r |= Math.max(0, (a >>> i & 0xFFFF) - (b >>> i & 0xFFFF)) << i;
        }
        return r;
    }

    private static int clampByte(int value) {
        return Math.clamp(value, Byte.MIN_VALUE, Byte.MAX_VALUE);
    }

    private static int clampWord(int value) {
        return Math.clamp(value, Short.MIN_VALUE, Short.MAX_VALUE);
    }

    // --- products

    static long multiplyLow(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 16) {
            r |= ((short) (a >>> i) * (short) (b >>> i) & 0xFFFFL) << i;
        }
        return r;
    }

    static long multiplyHigh(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 16) {
            r |= ((short) (a >>> i) * (short) (b >>> i) >>> 16 & 0xFFFFL) << i;
        }
        return r;
    }

    static long multiplyHighUnsigned(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 16) {
            r |= ((a >>> i & 0xFFFF) * (b >>> i & 0xFFFF) >>> 16) << i;
        }
        return r;
    }

    static long multiplyUnsignedDoublewords(long a, long b) {
        return (a & LOW32) * (b & LOW32);
    }

    /** PMADDWD: the products of words, neighbours added. Only -32768 twice over wraps. */
    static long multiplyAdd(long a, long b) {
        int low = (short) a * (short) b + (short) (a >>> 16) * (short) (b >>> 16);
        int high = (short) (a >>> 32) * (short) (b >>> 32) + (short) (a >>> 48) * (short) (b >>> 48);
        return low & LOW32 | (long) high << 32;
    }

    // --- averages, sums, extremes

    static long averageBytes(long a, long b) {
        return (a | b) - ((a ^ b) >>> 1 & ~SIGNS8);
    }

    static long averageWords(long a, long b) {
        return (a | b) - ((a ^ b) >>> 1 & ~SIGNS16);
    }

    /** PSADBW: the sum of the differences' magnitudes. */
    static long sumOfDifferences(long a, long b) {
        long sum = 0;
        for (int i = 0; i < 64; i += 8) {
            sum += Math.abs((a >>> i & 0xFF) - (b >>> i & 0xFF));
        }
        return sum;
    }

    static long minimumBytes(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 8) {
            r |= Math.min(a >>> i & 0xFF, b >>> i & 0xFF) << i;
        }
        return r;
    }

    static long maximumBytes(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 8) {
            r |= Math.max(a >>> i & 0xFF, b >>> i & 0xFF) << i;
        }
        return r;
    }

    static long minimumWords(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 16) {
            r |= (Math.min((short) (a >>> i), (short) (b >>> i)) & 0xFFFFL) << i;
        }
        return r;
    }

    static long maximumWords(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 16) {
            r |= (Math.max((short) (a >>> i), (short) (b >>> i)) & 0xFFFFL) << i;
        }
        return r;
    }

    // --- comparisons: all ones where they hold

    static long equalBytes(long a, long b) {
        long different = a ^ b;
        long set = (different & ~SIGNS8) + ~SIGNS8 | different;
        return spread(~set & SIGNS8, 7);
    }

    static long equalWords(long a, long b) {
        long different = a ^ b;
        long set = (different & ~SIGNS16) + ~SIGNS16 | different;
        return spread(~set & SIGNS16, 15);
    }

    /** {@return each lane whose sign bit is set filled with ones} */
    private static long spread(long signs, int bits) {
        return (signs >>> bits) * ((1L << bits + 1) - 1);
    }

    static long equalDoublewords(long a, long b) {
        return ((int) a == (int) b ? LOW32 : 0) | ((int) (a >>> 32) == (int) (b >>> 32) ? ~LOW32 : 0);
    }

    static long greaterBytes(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 8) {
            r |= (byte) (a >>> i) > (byte) (b >>> i) ? 0xFFL << i : 0;
        }
        return r;
    }

    static long greaterWords(long a, long b) {
        long r = 0;
        for (int i = 0; i < 64; i += 16) {
            r |= (short) (a >>> i) > (short) (b >>> i) ? 0xFFFFL << i : 0;
        }
        return r;
    }

    static long greaterDoublewords(long a, long b) {
        return ((int) a > (int) b ? LOW32 : 0) | ((int) (a >>> 32) > (int) (b >>> 32) ? ~LOW32 : 0);
    }

    // --- logic

    static long and(long a, long b) {
        return a & b;
    }

    static long andNot(long a, long b) {
        return ~a & b;
    }

    static long or(long a, long b) {
        return a | b;
    }

    static long xor(long a, long b) {
        return a ^ b;
    }

    // --- shifts by a count, which may be any number

    private static boolean below(long count, int bits) {
        return count >= 0 && count < bits;
    }

    static long shiftLeftWords(long a, long count) {
        return below(count, 16) ? a << count & (0xFFFFL << count & 0xFFFF) * ONES16 : 0;
    }

    static long shiftLeftDoublewords(long a, long count) {
        return below(count, 32) ? (long) ((int) (a >>> 32) << count) << 32 | (int) a << count & LOW32 : 0;
    }

    static long shiftLeftQuadwords(long a, long count) {
        return below(count, 64) ? a << count : 0;
    }

    static long shiftRightWords(long a, long count) {
        return below(count, 16) ? a >>> count & (0xFFFFL >>> count) * ONES16 : 0;
    }

    static long shiftRightDoublewords(long a, long count) {
        return below(count, 32) ? (long) ((int) (a >>> 32) >>> count) << 32 | (int) a >>> count & LOW32 : 0;
    }

    static long shiftRightQuadwords(long a, long count) {
        return below(count, 64) ? a >>> count : 0;
    }

    static long shiftSignedWords(long a, long count) {
        long by = below(count, 16) ? count : 15;
        long r = 0;
        for (int i = 0; i < 64; i += 16) {
            r |= ((short) (a >>> i) >> by & 0xFFFFL) << i;
        }
        return r;
    }

    static long shiftSignedDoublewords(long a, long count) {
        long by = below(count, 32) ? count : 31;
        return (long) ((int) (a >>> 32) >> by) << 32 | (int) a >> by & LOW32;
    }

    // --- packing: four words become four bytes, two doublewords two words

    static long packSignedWords(long a) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= (clampByte((short) (a >>> 16 * i)) & 0xFFL) << 8 * i;
        }
        return r;
    }

    static long packUnsignedWords(long a) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= (long) Math.clamp((short) (a >>> 16 * i), 0, 0xFF) << 8 * i;
        }
        return r;
    }

    static long packDoublewords(long a) {
        return clampWord((int) a) & 0xFFFFL | (clampWord((int) (a >>> 32)) & 0xFFFFL) << 16;
    }

    // --- interleaving the lower halves, the destination's lanes first

    static long interleaveBytes(long a, long b) {
        return apart8(a) | apart8(b) << 8;
    }

    static long interleaveWords(long a, long b) {
        return apart16(a) | apart16(b) << 16;
    }

    static long interleaveDoublewords(long a, long b) {
        return a & LOW32 | b << 32;
    }

    private static long apart16(long a) {
        return a & 0xFFFF | (a & 0xFFFF_0000L) << 16;
    }

    private static long apart8(long a) {
        long words = apart16(a);
        return (words | words << 8) & 0x00FF_00FF_00FF_00FFL;
    }

    /** {@return the sign bits of eight bytes} */
    static int byteMask(long a) {
        return (int) ((a & SIGNS8) * 0x0002_0408_1020_4081L >>> 56);
    }
}

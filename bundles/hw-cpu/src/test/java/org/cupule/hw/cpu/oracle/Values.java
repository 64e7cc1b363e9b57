package org.cupule.hw.cpu.oracle;

import java.util.SplittableRandom;
import org.cupule.hw.cpu.oracle.Sample.Mode;

/** Random values that are likely to show something: edges, pointers into the sandbox, selectors, flags. */
final class Values {
    private static final long[] EDGES = {0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF,
            0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000L, 0xFFFFFFFFL, 0x100000000L, Long.MAX_VALUE, Long.MIN_VALUE,
            -1, -2, -128, -129, -32768, -32769, 0x5555555555555555L, 0xAAAAAAAAAAAAAAAAL, 0x7FFFFFFFFFFFL,
            0x800000000000L, 0xFFFF800000000000L};
    private static final int[] CODE_SELECTORS = {HostSegments.USER_CODE_32, HostSegments.USER_CODE_64,
            HostSegments.CODE_WIDE, HostSegments.CODE_NARROW, HostSegments.EXECUTE_ONLY, HostSegments.CODE_FLAT,
            HostSegments.CONFORMING_ABSENT, HostSegments.CODE_NARROW_PAGES};
    private static final int[] DATA_SELECTORS = {HostSegments.USER_DATA, HostSegments.DATA_WIDE,
            HostSegments.DATA_NARROW, HostSegments.DOWN_WIDE, HostSegments.DOWN_NARROW, HostSegments.READ_ONLY,
            HostSegments.ABSENT, HostSegments.DATA_FLAT, HostSegments.DATA_SHORT};
    /** Entry 15 of Linux' global table tells the number of the processor. */
    private static final int HOST_ONLY = 0x78;

    private final SplittableRandom random;

    Values(SplittableRandom random) {
        this.random = random;
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    boolean percent(int chance) {
        return random.nextInt(100) < chance;
    }

    long edge() {
        return EDGES[below(EDGES.length)];
    }

    /** {@return any value for a register} */
    long any() {
        int kind = below(100);
        if (kind < 30) {
            return UserMemory.DATA + below(0x2000);
        }
        if (kind < 50) {
            return below(64);
        }
        if (kind < 70) {
            return edge();
        }
        if (kind < 75) {
            return UserMemory.CODE + below(0x2000);
        }
        return kind < 88 ? random.nextLong() & 0xFFFFFFFFL : random.nextLong();
    }

    /** {@return a value for an operand: no pointers} */
    long operand() {
        return switch (below(4)) {
            case 0 -> random.nextLong();
            case 1 -> below(256);
            case 2 -> random.nextInt();
            default -> edge();
        };
    }

    /** {@return a linear address to access} */
    long target(Mode mode) {
        int kind = below(100);
        if (kind < 68) {
            return UserMemory.DATA + (percent(50) ? below(0x1F0) * 16 : below(0x1FF0));
        }
        if (kind < 76) {
            return UserMemory.DATA + 0xFF4 + below(16);
        }
        if (kind < 83) {
            return UserMemory.FIXED - 12 + below(16);
        }
        if (kind < 88) {
            return UserMemory.FIXED + below(0xFF0);
        }
        if (kind < 91) {
            return UserMemory.FIXED + 0xFF4 + below(16);
        }
        if (kind < 93) {
            return UserMemory.CODE + below(0x1FF0);
        }
        return kind < 98 && mode == Mode.LONG ? UserMemory.HIGH + below(0xFF0) : any();
    }

    /** {@return a linear address to jump to} */
    long codeTarget() {
        return percent(90) ? UserMemory.CODE + below(0x2000) : any();
    }

    int codeSelector() {
        return percent(80) ? CODE_SELECTORS[below(CODE_SELECTORS.length)] : selector();
    }

    int dataSelector() {
        return percent(80) ? DATA_SELECTORS[below(DATA_SELECTORS.length)] : selector();
    }

    /** {@return a selector that SS can have in user mode} */
    int stackSelector() {
        int[] usable = {HostSegments.USER_DATA, HostSegments.USER_DATA, HostSegments.USER_DATA, HostSegments.DATA_WIDE,
                HostSegments.DATA_NARROW, HostSegments.DOWN_WIDE, HostSegments.DOWN_NARROW, HostSegments.DATA_FLAT};
        return usable[below(usable.length)];
    }

    /** {@return a selector that DS, ES, FS and GS can have in user mode} */
    int loadableSelector() {
        int[] usable = {HostSegments.USER_DATA, HostSegments.USER_DATA, HostSegments.USER_DATA, 0,
                HostSegments.DATA_WIDE, HostSegments.DATA_NARROW, HostSegments.DOWN_WIDE, HostSegments.DOWN_NARROW,
                HostSegments.DATA_FLAT, HostSegments.READ_ONLY, HostSegments.DATA_SHORT, HostSegments.CODE_WIDE,
                HostSegments.USER_CODE_32};
        return usable[below(usable.length)];
    }

    /** {@return any selector} */
    int selector() {
        int selector = switch (below(4)) {
            case 0 -> CODE_SELECTORS[below(CODE_SELECTORS.length)];
            case 1 -> DATA_SELECTORS[below(DATA_SELECTORS.length)];
            case 2 -> below(0x90);
            default -> below(4) == 0 ? below(0x10000) : below(4);
        };
        selector = percent(20) ? selector & ~3 | below(4) : selector;
        return (selector & 0xFFFC) == HOST_ONLY ? HostSegments.USER_DATA : selector;
    }

    /** {@return flags to start with} */
    long flags() {
        return 0x202 | random.nextInt() & UserState.STATUS | (percent(15) ? UserState.DF : 0)
                | (percent(2) ? UserState.TF : 0) | (percent(3) ? UserState.AC : 0);
    }

    /** {@return any bits at all, for POPF and IRET} */
    long anyFlags() {
        return random.nextInt() & (percent(90) ? ~UserState.TF : -1) & (percent(80) ? ~UserState.AC : -1);
    }

    /** {@return 64 bits: numbers of double or single precision that are likely to show something, or integers} */
    long packed() {
        return switch (below(6)) {
            case 0 -> random.nextLong();
            case 1 -> operand();
            case 2, 3 -> twice();
            default -> single() & 0xFFFFFFFFL | (long) single() << 32;
        };
    }

    /** {@return a number of double precision} */
    private long twice() {
        int kind = below(12);
        long sign = (long) below(2) << 63;
        long fraction = percent(30) ? below(4) : random.nextLong() >>> 12 & -1L << below(52) & 0xFFFFFFFFFFFFFL;
        long exponent = switch (kind) {
            case 0 -> 0; // zero or denormal
            case 1 -> 0x7FF; // infinite or NaN
            case 2 -> 1 + below(60);
            case 3 -> 0x7FE - below(60);
            case 4 -> 0x380 - below(30); // around the smallest of single precision
            case 5 -> 0x47F - below(3);
            case 6 -> 0x3FF + 28 + below(8);
            case 7 -> 0x3FF + 60 + below(6);
            case 8 -> below(0x800);
            default -> 0x3FF - 4 + below(60);
        };
        return sign | exponent << 52 | (percent(10) ? 0 : percent(10) ? 0xFFFFFFFFFFFFFL - below(3) : fraction);
    }

    /** {@return a number of single precision} */
    private int single() {
        int kind = below(10);
        int sign = below(2) << 31;
        int fraction = percent(30) ? below(4) : random.nextInt() >>> 9 & -1 << below(23);
        int exponent = switch (kind) {
            case 0 -> 0;
            case 1 -> 0xFF;
            case 2 -> 1 + below(28);
            case 3 -> 0xFE - below(28);
            case 4 -> 0x7F + 28 + below(8);
            case 5 -> below(0x100);
            default -> 0x7F - 4 + below(30);
        };
        return sign | exponent << 23 | (percent(10) ? 0 : percent(10) ? 0x7FFFFF - below(3) : fraction);
    }

    /** {@return sign and exponent of the FPU's format} */
    int extendedHigh() {
        int sign = below(2) << 15;
        return sign | switch (below(10)) {
            case 0 -> 0;
            case 1 -> 0x7FFF;
            case 2 -> 1 + below(80);
            case 3 -> 0x7FFE - below(80);
            case 4 -> below(0x8000);
            case 5 -> 0x3FFF + 55 + below(12);
            default -> 0x3FFF - 4 + below(24);
        };
    }

    /** {@return a significand, mostly with its integer bit} */
    long extendedFraction() {
        long bits = percent(20) ? below(4) : random.nextLong() & -1L << below(64);
        bits = percent(5) ? -1L - below(3) : bits;
        return percent(93) ? bits | Long.MIN_VALUE : percent(60) ? 0 : bits;
    }

    /** {@return a value for MXCSR: any rounding, flags, DAZ and FTZ; in most all exceptions are masked} */
    int mxcsr() {
        int masks = percent(65) ? 0x1F80 : percent(50) ? ~(0x80 << below(6)) & 0x1F80 : below(0x40) << 7;
        return masks | below(4) << 13 | (percent(25) ? 0x8000 : 0) | (percent(25) ? 0x40 : 0)
                | (percent(50) ? 0 : below(0x40));
    }

    byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}

package org.cupule.hw.lapic;

/**
 * The bits of an entry of the local vector table.
 *
 * <pre>
 *  31     19 18 17  16  15  14  13  12  11  10      8 7        0
 * +---------+-----+---+---+---+---+---+---+----------+-----------+
 * |    0    |mode | M | T | R | P | S | 0 | delivery |  vector   |
 * +---------+-----+---+---+---+---+---+---+----------+-----------+
 *   mode (timer) 0 one-shot, 1 periodic, 2 TSC deadline      M 1 = masked
 *   T 1 = level (LINT), R remote IRR (LINT, read-only), P 1 = active low (LINT), S delivery status (read-only, idle)
 * </pre>
 *
 * <p>
 * Source: Intel SDM volume 3, "Local Vector Table".
 *
 * @threading immutable
 */
final class LocalVector {
    static final int TIMER = 0;
    static final int LINT0 = 3;
    static final int LINT1 = 4;
    static final int ERROR = 5;
    static final int COUNT = 6;

    static final int MASKED = 1 << 16;
    static final int LEVEL = 1 << 15;
    static final int REMOTE_IRR = 1 << 14;
    static final int ACTIVE_LOW = 1 << 13;

    private static final int STATUS = 1 << 12;
    private static final int[] WRITABLE = {0x0007_00FF, 0x0001_07FF, 0x0001_07FF, 0x0001_A7FF, 0x0001_A7FF,
            0x0001_00FF};

    private LocalVector() {
    }

    /** {@return the bits that software can change} */
    static int writable(int entry) {
        return WRITABLE[entry];
    }

    /** {@return the bits that are not reserved} */
    static int defined(int entry) {
        return WRITABLE[entry] | STATUS | (entry == LINT0 || entry == LINT1 ? REMOTE_IRR : 0);
    }

    static boolean masked(int value) {
        return (value & MASKED) != 0;
    }

    static int deliveryMode(int value) {
        return value >> 8 & 7;
    }

    static int timerMode(int value) {
        return value >> 17 & 3;
    }
}

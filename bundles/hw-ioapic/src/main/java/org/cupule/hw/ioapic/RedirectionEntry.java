package org.cupule.hw.ioapic;

import org.cupule.hardware.Lapic;

/**
 * The bits of an entry of the redirection table.
 *
 * <pre>
 *  63         56 55     17  16  15  14  13  12  11  10      8 7        0
 * +-------------+---------+---+---+---+---+---+---+----------+-----------+
 * | destination |    0    | M | T | R | P | S | D | delivery |  vector   |
 * +-------------+---------+---+---+---+---+---+---+----------+-----------+
 *   M 1 = masked   T 1 = level   R remote IRR (read-only): a level was delivered and has not ended
 *   P 1 = active low   S delivery status (read-only): always idle   D 1 = logical destination
 * </pre>
 *
 * <p>
 * Source: 82093AA data sheet, "I/O Redirection Table Registers".
 *
 * @threading immutable
 */
final class RedirectionEntry {
    static final long MASKED = 1 << 16;
    static final long REMOTE_IRR = 1 << 14;
    /** What a write of either half changes. */
    static final long WRITABLE = 0xFFL << 56 | MASKED | 1 << 15 | 1 << 13 | 0xFFF;
    static final long POWER_ON = MASKED;

    private static final long LEVEL = 1 << 15;
    private static final long ACTIVE_LOW = 1 << 13;
    private static final long LOGICAL = 1 << 11;

    private RedirectionEntry() {
    }

    /** {@return an entry after a write: what is not level-triggered any more has no interrupt that could end} */
    static long written(long entry, long value) {
        long fresh = entry & ~WRITABLE | value & WRITABLE;
        return level(fresh) ? fresh : fresh & ~REMOTE_IRR;
    }

    static int vector(long entry) {
        return (int) entry & 0xFF;
    }

    static int deliveryMode(long entry) {
        return (int) (entry >> 8) & 7;
    }

    /** {@return whether the delivery mode is none of the two reserved ones} */
    static boolean deliverable(long entry) {
        int mode = deliveryMode(entry);
        return mode != 3 && mode != 6;
    }

    static boolean logical(long entry) {
        return (entry & LOGICAL) != 0;
    }

    static int destination(long entry) {
        return (int) (entry >>> 56);
    }

    static boolean masked(long entry) {
        return (entry & MASKED) != 0;
    }

    /** {@return whether it is level-triggered: SMI, NMI, INIT and ExtINT are edges whatever the trigger bit says} */
    static boolean level(long entry) {
        return (entry & LEVEL) != 0 && deliveryMode(entry) <= Lapic.LOWEST_PRIORITY;
    }

    static boolean remoteIrr(long entry) {
        return (entry & REMOTE_IRR) != 0;
    }

    static boolean asserted(long entry, boolean high) {
        return high != ((entry & ACTIVE_LOW) != 0);
    }
}

package org.cupule.hw.lapic;

/**
 * IA32_APIC_BASE and the ways between its modes.
 *
 * <pre>
 *  63     48 47            12  11   10   9   8   7   0
 * +---------+----------------+----+----+---+---+------+
 * |    0    | address        | EN |EXTD| 0 |BSP|  0   |
 * +---------+----------------+----+----+---+---+------+
 *
 *              EN 0 EXTD 0                EN 1 EXTD 0                EN 1 EXTD 1
 *   reset --> xAPIC:    disabled <------------> xAPIC ------------------> x2APIC
 *                          ^                                                 |
 *                          +-------------------------------------------------+
 *   any other way, and EN 0 EXTD 1, is a general protection fault
 * </pre>
 *
 * <p>
 * Source: Intel SDM volume 3, "Local APIC Status and Location", "x2APIC State Transitions".
 *
 * @threading immutable
 */
final class ApicMode {
    static final int DISABLED = 0;
    static final int XAPIC = 2;
    static final int X2APIC = 3;

    static final long BOOTSTRAP = 1 << 8;
    static final long POWER_ON = 0xFEE0_0000L | XAPIC << 10;

    private static final long RESERVED = -1L << 48 | 1 << 9 | 0xFF;

    private ApicMode() {
    }

    /** {@return EN and EXTD as one number} */
    static int of(long base) {
        return (int) (base >> 10) & 3;
    }

    /** {@return whether a write of IA32_APIC_BASE is legal} */
    static boolean legal(long from, long to) {
        return (to & RESERVED) == 0 && switch (of(to)) {
            case DISABLED -> true;
            case XAPIC -> of(from) != X2APIC;
            case X2APIC -> of(from) != DISABLED;
            default -> false;
        };
    }

    /** {@return whether a value can be in the register at all} */
    static boolean possible(long base) {
        return (base & RESERVED) == 0 && of(base) != 1;
    }
}

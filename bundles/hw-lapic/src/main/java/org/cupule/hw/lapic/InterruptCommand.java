package org.cupule.hw.lapic;

import org.cupule.hardware.Ipi;
import org.cupule.hardware.Lapic;

/**
 * The interrupt command register.
 *
 * <pre>
 *  63             32 31   20 19 18 17 16 15  14  13  12  11  10      8 7        0
 * +-----------------+-------+-----+-----+---+---+---+---+---+----------+---------+
 * |   destination   |   0   | SH  |  0  | T | L | 0 | S | D | delivery | vector  |
 * +-----------------+-------+-----+-----+---+---+---+---+---+----------+---------+
 *   destination: bits 63:56 in xAPIC mode     SH 0 none, 1 self, 2 all, 3 all but self
 *   T 1 = level   L 1 = assert   D 1 = logical   S delivery status: idle, and reserved in x2APIC mode
 * </pre>
 *
 * <p>
 * Source: Intel SDM volume 3, "Interrupt Command Register (ICR)".
 *
 * @threading immutable
 */
final class InterruptCommand {
    /** Bits 31:0 that software can change; the others of these are reserved in x2APIC mode. */
    static final int WRITABLE = 0x000C_CFFF;

    private static final int SELF = 1;

    private InterruptCommand() {
    }

    static int vector(long icr) {
        return (int) icr & 0xFF;
    }

    /** {@return whether the delivery mode exists in an ICR} */
    static boolean known(long icr) {
        return deliveryMode(icr) != 3 && deliveryMode(icr) != Lapic.EXTINT;
    }

    /** {@return whether the vector is delivered as such and lies below 16} */
    static boolean illegalVector(long icr) {
        return deliveryMode(icr) <= Lapic.LOWEST_PRIORITY && vector(icr) < 16;
    }

    static boolean fixedToSelf(long icr) {
        return shorthand(icr) == SELF && deliveryMode(icr) == Lapic.FIXED;
    }

    static Ipi ipi(long icr, int destination) {
        return new Ipi(destination, (icr & 1 << 11) != 0, shorthand(icr), deliveryMode(icr), vector(icr),
                (icr & 1 << 14) != 0, (icr & 1 << 15) != 0);
    }

    private static int deliveryMode(long icr) {
        return (int) (icr >> 8) & 7;
    }

    private static int shorthand(long icr) {
        return (int) (icr >> 18) & 3;
    }
}

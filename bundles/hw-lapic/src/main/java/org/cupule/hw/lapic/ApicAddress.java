package org.cupule.hw.lapic;

/**
 * What a local APIC compares a message's destination with, packed into one number so that other threads see all of it
 * at once.
 *
 * <pre>
 *  63   46 45   44 43   40 39      32 31           0
 * +-------+-------+-------+----------+--------------+
 * |   0   | mode  |  DFR  |   LDR    |   APIC id    |   mode as in ApicMode; DFR and LDR the upper bits of the registers
 * +-------+-------+-------+----------+--------------+
 * </pre>
 *
 * <p>
 * Source: Intel SDM volume 3, "Determining IPI Destination", "Logical Destination Mode in x2APIC Mode".
 *
 * @threading immutable
 */
final class ApicAddress {
    private static final int FLAT = 0xF;
    private static final int CLUSTER = 0;

    private ApicAddress() {
    }

    static long of(int mode, int id, int ldr, int dfr) {
        return (long) mode << 44 | (long) (dfr >>> 28) << 40 | (long) (ldr >>> 24) << 32 | id & 0xFFFF_FFFFL;
    }

    /** {@return the logical id that an x2APIC derives from its id: cluster in bits 31:16, member in bits 15:0} */
    static int derived(int id) {
        return id >>> 4 << 16 | 1 << (id & 0xF);
    }

    static boolean matches(long address, int destination, boolean logical) {
        return switch ((int) (address >>> 44)) {
            case ApicMode.XAPIC -> destination == -1 || (destination & 0xFF) == 0xFF || (logical
                    ? matchesLogical(address, destination)
                    : (int) address == destination);
            case ApicMode.X2APIC -> destination == -1 || (logical
                    ? matchesDerived((int) address, destination)
                    : destination == 0xFF || (int) address == destination);
            default -> false;
        };
    }

    private static boolean matchesLogical(long address, int destination) {
        int ldr = (int) (address >>> 32) & 0xFF;
        return switch ((int) (address >>> 40) & 0xF) {
            case FLAT -> (ldr & destination) != 0;
            case CLUSTER -> ldr >> 4 == destination >>> 4 && (ldr & destination & 0xF) != 0;
            default -> false;
        };
    }

    private static boolean matchesDerived(int id, int destination) {
        int ldr = derived(id);
        return ldr >>> 16 == destination >>> 16 && (ldr & destination & 0xFFFF) != 0;
    }
}

package org.cupule.hw.lapic;

/**
 * What an APIC compares a message's destination with. A new one is made when a register of it changes, which is rare,
 * and published as a whole, so that other threads never see half a change.
 *
 * <p>
 * Source: Intel SDM volume 3, "Determining IPI Destination", "Logical Destination Mode in x2APIC Mode".
 *
 * @param enabled
 *            IA32_APIC_BASE's enable bit
 * @param extended
 *            whether it is in x2APIC mode
 * @param id
 *            the id: 8 bits, or 32 in x2APIC mode
 * @param ldr
 *            the logical destination register; in x2APIC mode cluster in bits 31:16, member in 15:0
 * @param flat
 *            whether the destination format is flat
 * @param clustered
 *            whether it is cluster; neither when the register holds something else
 * @threading immutable
 */
record Identity(boolean enabled, boolean extended, int id, int ldr, boolean flat, boolean clustered) {
    /** {@return the identity in xAPIC mode, of the registers as the page shows them} */
    static Identity ofPage(boolean enabled, int idRegister, int ldrRegister, int dfrRegister) {
        int format = dfrRegister >>> 28;
        return new Identity(enabled, false, idRegister >>> 24, ldrRegister >>> 24, format == 0xF, format == 0);
    }

    /** {@return the identity in x2APIC mode, where all follows from the id} */
    static Identity ofX2apic(int apicId) {
        return new Identity(true, true, apicId, logicalId(apicId), false, false);
    }

    /** {@return the logical id that follows from an x2APIC id} */
    static int logicalId(int apicId) {
        return apicId >>> 4 << 16 | 1 << (apicId & 0xF);
    }

    boolean matches(int destination, boolean logical) {
        if (!enabled) {
            return false;
        }
        boolean everybody = destination == -1 || (extended
                ? destination == 0xFF && !logical
                : (destination & 0xFF) == 0xFF);
        return everybody || (logical ? matchesLogical(destination) : destination == id);
    }

    private boolean matchesLogical(int destination) {
        if (extended) {
            return destination >>> 16 == ldr >>> 16 && (destination & ldr & 0xFFFF) != 0;
        }
        if (clustered) {
            return destination >>> 4 == ldr >>> 4 && (destination & ldr & 0xF) != 0;
        }
        return flat && (destination & ldr) != 0;
    }
}

package org.cupule.hypervisor;

import org.cupule.types.Bdf;

/**
 * How the interrupt of an assigned PCI function reaches the guest: {@code struct acrn_ptdev_irq} ({@code hsm.md} 2.5,
 * 9.4).
 *
 * @param type
 *            {@link #INTX}; messages need no remapping by the HSM, and are refused
 * @param guest
 *            the function's address in the guest
 * @param host
 *            its address in the host
 * @param guestPin
 *            the line in the guest: a GSI, or an input of the 8259 pair
 * @param hostPin
 *            the line in the host: a GSI
 * @param pic
 *            whether the guest's line is an input of the 8259 pair
 * @threading immutable
 */
public record InterruptRemap(int type, Bdf guest, Bdf host, int guestPin, int hostPin, boolean pic) {
    /** Type: a line. */
    public static final int INTX = 0;
    /** Type: a message. */
    public static final int MSI = 1;
    /** Type: a message of a table. */
    public static final int MSIX = 2;
}

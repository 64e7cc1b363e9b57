package org.cupule.hypervisor;

import java.util.List;
import org.cupule.types.Bdf;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * A PCI function of the host and its place in the guest: {@code struct acrn_pcidev} ({@code hsm.md} 2.5, 9.1).
 *
 * @param type
 *            bits; 0: most of configuration space stays with the device model ({@link #QUIRK})
 * @param guest
 *            its address in the guest
 * @param host
 *            its address in the host
 * @param interruptLine
 *            what the interrupt line register holds at first, 0 to 255
 * @param interruptPin
 *            what the interrupt pin register holds, 0 to 255; 0 none, 1 to 4 for INTA# to INTD#
 * @param bars
 *            what the six base address registers hold at first, 32 bits each
 * @threading immutable
 */
public record PciAssignment(int type, Bdf guest, Bdf host, int interruptLine, int interruptPin, List<Integer> bars) {
    /** Type bit: the device model keeps configuration space, the hypervisor only base addresses and interrupts. */
    public static final int QUIRK = 1;
    /** Base address registers of a function. */
    public static final int BARS = 6;

    /** Copies the list; EINVAL when it has not six numbers. */
    public PciAssignment {
        bars = List.copyOf(bars);
        if (bars.size() != BARS) {
            throw new HsmException(Errno.EINVAL, "passthrough",
                    "%d base addresses for %s, not %d".formatted(bars.size(), guest, BARS));
        }
    }

    /** {@return an assignment whose base addresses are left to the guest} */
    public static PciAssignment of(Bdf guest, Bdf host, int interruptPin) {
        return new PciAssignment(0, guest, host, 0, interruptPin, List.of(0, 0, 0, 0, 0, 0));
    }

    /** {@return whether the device model keeps configuration space} */
    public boolean quirk() {
        return (type & QUIRK) != 0;
    }
}

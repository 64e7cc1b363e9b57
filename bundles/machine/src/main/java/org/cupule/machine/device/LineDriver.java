package org.cupule.machine.device;

import org.cupule.pci.PciFunction;
import org.jspecify.annotations.Nullable;

/**
 * One device's end of one interrupt line. For the INTx pin of a PCI function the bus says which level really comes out.
 *
 * @threading confined to the device's gate
 */
final class LineDriver {
    private final GsiLines lines;
    private final int gsi;
    private final @Nullable PciFunction pin;
    private boolean wanted;
    private boolean shown;

    LineDriver(GsiLines lines, int gsi, @Nullable PciFunction pin) {
        this.lines = lines;
        this.gsi = gsi;
        this.pin = pin;
    }

    int gsi() {
        return gsi;
    }

    /** The device sets its level. */
    void drive(boolean high) {
        wanted = high;
        settle();
    }

    /** Looks again at what the bus lets through. */
    void settle() {
        boolean level = pin == null ? wanted : pin.intx(wanted);
        if (level != shown) {
            shown = level;
            lines.drive(gsi, level);
        }
    }
}

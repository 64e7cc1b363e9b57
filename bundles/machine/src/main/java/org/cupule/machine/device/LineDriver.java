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
    /** A second input on the same wire; negative for none. */
    private final int twin;
    private final @Nullable PciFunction pin;
    private boolean wanted;
    private boolean shown;
    /** The present high level was lost on its way: a fault on demand. */
    private boolean lost;

    private LineDriver(GsiLines lines, int gsi, int twin, @Nullable PciFunction pin) {
        this.lines = lines;
        this.gsi = gsi;
        this.twin = twin;
        this.pin = pin;
    }

    /** {@return the end of a line that leads to one input} */
    static LineDriver of(GsiLines lines, int gsi) {
        return new LineDriver(lines, gsi, -1, null);
    }

    /** {@return the end of a function's INTx pin, which leads to both inputs that {@link PciRouting} says} */
    static LineDriver of(GsiLines lines, PciFunction function) {
        int pin = function.spec().intxPin();
        return new LineDriver(lines, PciRouting.legacy(function.address(), pin),
                PciRouting.wide(function.address(), pin), function);
    }

    /** {@return where it leads, for people} */
    String place() {
        return twin < 0 ? "gsi " + gsi : "gsi %d and %d".formatted(gsi, twin);
    }

    /** The device sets its level. */
    void drive(boolean high) {
        drive(high, 0, null);
    }

    /** The device sets its level; a rise that would be seen may be lost. */
    void drive(boolean high, int index, @Nullable Interposer faults) {
        lost &= high;
        wanted = high;
        if (faults != null && level() && !shown && faults.loses(index)) {
            lost = true;
        }
        settle();
    }

    /** Says whether the line is as if nobody drove it. */
    void hush(boolean on) {
        lost = on;
        settle();
    }

    /** Changes its level for a moment, without a reason. */
    void blip() {
        if (!lost) {
            boolean before = wanted;
            drive(!before);
            drive(before);
        }
    }

    /** {@return the level that comes out} */
    private boolean level() {
        boolean driven = wanted && !lost;
        return pin == null ? driven : pin.intx(driven);
    }

    /** Looks again at what the bus lets through. */
    void settle() {
        boolean level = level();
        if (level != shown) {
            shown = level;
            lines.drive(gsi, level);
            if (twin >= 0) {
                lines.drive(twin, level);
            }
        }
    }
}

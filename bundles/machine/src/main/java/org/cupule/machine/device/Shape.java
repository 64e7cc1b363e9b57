package org.cupule.machine.device;

import java.util.List;
import java.util.Optional;
import org.cupule.device.DeviceSpec;
import org.cupule.pci.BarSpec;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.pci.PciFunctionSpec.MsixTable;

/**
 * What of a device's spec the guest and the VM file rely on: it stays when the model is swapped. Ids, revision and
 * capabilities are not part of it: the guest goes on seeing those that it has enumerated.
 *
 * @param windows
 *            windows, in order
 * @param lines
 *            names of the lines, in order
 * @param bars
 *            base address registers of a PCI function
 * @param pin
 *            its INTx pin
 * @param msix
 *            where its MSI-X table lies
 * @param backend
 *            what it talks to
 * @threading immutable
 */
record Shape(List<String> windows, List<String> lines, List<BarSpec> bars, int pin,
        Optional<MsixTable> msix, DeviceSpec.Backend backend) {
    static Shape of(DeviceSpec spec) {
        return new Shape(spec.windows().stream().map(Shape::text).toList(),
                spec.lines().stream().map(DeviceSpec.LineSpec::name).toList(),
                spec.pci().map(PciFunctionSpec::bars).orElse(List.of()),
                spec.pci().map(PciFunctionSpec::intxPin).orElse(-1), spec.pci().flatMap(PciFunctionSpec::msix),
                spec.backend());
    }

    /** {@return whether the bus answers an access that begins here} */
    boolean answersMsix(int window, long offset) {
        return msix.isPresent() && msix.get().covers(window, offset);
    }

    private static String text(DeviceSpec.Window window) {
        return "%s (%d %s)".formatted(window.name(), window.length(), window.ports() ? "ports" : "bytes");
    }

    /** {@return whether a device of the other shape can sit where one of this shape does} */
    boolean takes(Shape other) {
        return windows.equals(other.windows) && lines.equals(other.lines) && bars.equals(other.bars)
                && pin == other.pin && msix.equals(other.msix)
                && (backend == other.backend || other.backend == DeviceSpec.Backend.NONE);
    }
}

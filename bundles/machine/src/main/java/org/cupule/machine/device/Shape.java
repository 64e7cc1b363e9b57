package org.cupule.machine.device;

import java.util.List;
import org.cupule.device.DeviceSpec;
import org.cupule.pci.BarSpec;
import org.cupule.pci.PciFunctionSpec;

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
 * @param stream
 *            whether it talks to a stream
 * @threading immutable
 */
record Shape(List<String> windows, List<String> lines, List<BarSpec> bars, int pin, boolean stream) {
    static Shape of(DeviceSpec spec) {
        return new Shape(spec.windows().stream().map(Shape::text).toList(),
                spec.lines().stream().map(DeviceSpec.LineSpec::name).toList(),
                spec.pci().map(PciFunctionSpec::bars).orElse(List.of()),
                spec.pci().map(PciFunctionSpec::intxPin).orElse(-1), spec.backend() == DeviceSpec.Backend.STREAM);
    }

    private static String text(DeviceSpec.Window window) {
        return "%s (%d %s)".formatted(window.name(), window.length(), window.ports() ? "ports" : "bytes");
    }

    /** {@return whether a device of the other shape can sit where one of this shape does} */
    boolean takes(Shape other) {
        return windows.equals(other.windows) && lines.equals(other.lines) && bars.equals(other.bars)
                && pin == other.pin && (stream || !other.stream);
    }
}

package org.cupule.machine.device;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.cupule.device.DeviceSpec;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.types.IoRange;

/**
 * A device that lies at fixed places, as firmware tells it to an operating system.
 *
 * @param kind
 *            its type in the VM file
 * @param name
 *            its name in the machine
 * @param windows
 *            where it lies, in the order of its spec
 * @param lines
 *            the GSI of each of its lines, by the line's name
 * @param options
 *            a value for each option of its spec
 * @threading immutable
 */
public record Part(String kind, String name, List<IoRange> windows, Map<String, Integer> lines,
        Map<String, String> options) {
    /** Copies the collections. */
    public Part {
        windows = List.copyOf(windows);
        lines = Map.copyOf(lines);
        options = Map.copyOf(options);
    }

    static Part of(DeviceDescription description, DeviceSpec spec) {
        Placement placement = Placement.of(description, spec);
        var lines = new HashMap<String, Integer>();
        for (int i = 0; i < spec.lines().size(); i++) {
            lines.put(spec.lines().get(i).name(), placement.gsis().get(i));
        }
        return new Part(description.type(), description.name(),
                placement.windows().stream().map(Windows.Placed::range).toList(), lines, placement.options());
    }
}

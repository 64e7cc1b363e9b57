package org.cupule.machine.device;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.LineSpec;
import org.cupule.device.DeviceSpec.Option;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;

/**
 * Where a device of a description lies: its own words, completed by the standard places of its model.
 *
 * @param name
 *            its name in the machine
 * @param windows
 *            its windows; empty for a PCI device, whose windows the guest places
 * @param gsis
 *            the GSI that each of its lines drives, a PCI function's pin not counted in
 * @param options
 *            a value for each option of its spec
 * @threading immutable
 */
record Placement(String name, List<Windows.Placed> windows, List<Integer> gsis, Map<String, String> options) {
    /** Completes a description, which names nothing that the spec has not. */
    static Placement of(DeviceDescription device, DeviceSpec spec) {
        return new Placement(device.name(), windows(device, spec),
                spec.lines().stream().map(line -> gsi(device, line)).toList(), options(device, spec));
    }

    private static List<Windows.Placed> windows(DeviceDescription device, DeviceSpec spec) {
        var placed = new ArrayList<Windows.Placed>();
        for (int index = 0; index < spec.windows().size(); index++) {
            Window window = spec.windows().get(index);
            long first = place(device, "window", window.name(),
                    device.windows().getOrDefault(window.name(), window.standard()));
            placed.add(new Windows.Placed(index, window.name(), window.ports()
                    ? IoRange.ports((int) first, (int) window.length())
                    : IoRange.mmio(first, window.length())));
        }
        return placed;
    }

    private static int gsi(DeviceDescription device, LineSpec line) {
        return GsiLines.gsi((int) place(device, "line", line.name(),
                device.lines().getOrDefault(line.name(), line.standard()).longValue()));
    }

    private static long place(DeviceDescription device, String what, String name, long place) {
        if (place < 0) {
            throw new HsmException(Errno.EINVAL, "device", "the %s '%s' of device '%s' has no standard place; say one"
                    .formatted(what, name, device.name()));
        }
        return place;
    }

    private static Map<String, String> options(DeviceDescription device, DeviceSpec spec) {
        var options = new HashMap<String, String>();
        for (Option option : spec.options()) {
            options.put(option.name(), device.options().getOrDefault(option.name(), option.standard()));
        }
        return Map.copyOf(options);
    }
}

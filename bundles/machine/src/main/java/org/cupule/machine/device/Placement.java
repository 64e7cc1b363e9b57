package org.cupule.machine.device;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private static final long PORTS = 0x1_0000;

    /** Completes a description. EINVAL when it names something that the spec has not. */
    static Placement of(DeviceDescription device, DeviceSpec spec) {
        requireKnown(device, "window", device.windows().keySet(), spec.windows().stream().map(Window::name).toList());
        requireKnown(device, "line", device.lines().keySet(), spec.lines().stream().map(LineSpec::name).toList());
        requireKnown(device, "option", device.options().keySet(), spec.options().stream().map(Option::name).toList());
        return new Placement(device.name(), windows(device, spec),
                spec.lines().stream().map(line -> gsi(device, line)).toList(), options(device, spec));
    }

    private static void requireKnown(DeviceDescription device, String what, Set<String> said, List<String> known) {
        for (String name : said) {
            if (!known.contains(name)) {
                throw new HsmException(Errno.EINVAL, "device", "device '%s' of type '%s' has no %s '%s'; it has %s"
                        .formatted(device.name(), device.type(), what, name,
                                known.isEmpty() ? "none" : String.join(", ", known)));
            }
        }
    }

    private static List<Windows.Placed> windows(DeviceDescription device, DeviceSpec spec) {
        var placed = new ArrayList<Windows.Placed>();
        for (int index = 0; index < spec.windows().size(); index++) {
            Window window = spec.windows().get(index);
            long first = place(device, "window", window.name(),
                    device.windows().getOrDefault(window.name(), window.standard()),
                    window.ports() ? PORTS - window.length() : Long.MAX_VALUE - window.length());
            placed.add(new Windows.Placed(index, window.name(), window.ports()
                    ? IoRange.ports((int) first, (int) window.length())
                    : IoRange.mmio(first, window.length())));
        }
        return placed;
    }

    private static int gsi(DeviceDescription device, LineSpec line) {
        return GsiLines.gsi((int) place(device, "line", line.name(),
                device.lines().getOrDefault(line.name(), line.standard()).longValue(), GsiLines.COUNT - 1L));
    }

    private static long place(DeviceDescription device, String what, String name, long place, long most) {
        if (place > most) {
            throw new HsmException(Errno.EINVAL, "device", "the %s '%s' of device '%s' cannot be at 0x%x: at most 0x%x"
                    .formatted(what, name, device.name(), place, most));
        }
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

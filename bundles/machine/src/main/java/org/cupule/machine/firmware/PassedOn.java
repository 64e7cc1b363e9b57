package org.cupule.machine.firmware;

import java.util.ArrayList;
import java.util.List;
import org.cupule.machine.device.BarPlaces;
import org.cupule.types.IoRange;

/**
 * What a host bridge passes on to its bus: where an operating system may place base address registers. Memory where
 * another device lies is left out; ports are passed on whole, as everywhere.
 *
 * @param platform
 *            the machine
 * @threading immutable
 */
record PassedOn(Platform platform) {
    List<IoRange> ranges() {
        var ranges = new ArrayList<>(List.of(IoRange.ports(0, 0xCF8), IoRange.ports(0xD00, 0x1_0000 - 0xD00)));
        ranges.addAll(free(BarPlaces.LOW));
        if (platform.layout().high() <= BarPlaces.HIGH.first()) {
            ranges.addAll(free(BarPlaces.HIGH));
        }
        return ranges;
    }

    private List<IoRange> free(IoRange window) {
        List<IoRange> left = List.of(window);
        for (IoRange taken : platform.parts().stream().flatMap(part -> part.windows().stream()).toList()) {
            left = left.stream().flatMap(range -> without(range, taken).stream()).toList();
        }
        return left;
    }

    /** {@return what of a range is left beside the pages of another} */
    private static List<IoRange> without(IoRange range, IoRange taken) {
        if (!range.overlaps(taken)) {
            return List.of(range);
        }
        long before = taken.first() & -4096;
        long after = (taken.last() | 4095) + 1;
        var left = new ArrayList<IoRange>();
        if (before > range.first()) {
            left.add(new IoRange(range.space(), range.first(), before - 1));
        }
        if (after <= range.last()) {
            left.add(new IoRange(range.space(), after, range.last()));
        }
        return left;
    }
}

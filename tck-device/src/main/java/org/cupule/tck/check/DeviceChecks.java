package org.cupule.tck.check;

import java.util.List;
import java.util.stream.Stream;

/**
 * All checks of devices, in the order in which they look.
 *
 * @threading immutable
 */
public final class DeviceChecks {
    private static final List<Check> ALL = Stream
            .of(SpecChecks.all(), AccessChecks.all(), DmaChecks.all(), TimeChecks.all(),
                    StateChecks.all(), LineChecks.all(), PciChecks.all(), LifeChecks.all())
            .flatMap(List::stream).toList();

    private DeviceChecks() {
    }

    /** {@return the checks} */
    public static List<Check> all() {
        return ALL;
    }
}

package org.cupule.machine.pc;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.device.Catalogue;
import org.cupule.types.Behaviour;

/**
 * The PC that a machine is when nobody says more.
 *
 * @threading immutable
 */
final class StandardPc {
    private static final long MEMORY_BYTES = 64L << 20;
    private static final List<DeviceDescription> DEVICES = List.of(device("uart16550", "com1", "console"),
            new DeviceDescription("uart16550", "com2", "", Map.of("ports", 0x2F8L), Map.of("irq", 3), "", Map.of(), ""),
            device("debugexit", "debugexit", ""), device("pit8254", "pit", ""), device("hpet", "hpet", ""),
            device("mc146818", "rtc", ""),
            device("acpi-pm", "pm", ""), device("pci-hotplug", "slots", ""), device("i8042", "i8042", ""),
            new DeviceDescription("org.cupule.sample", "sample", "", Map.of(), Map.of(), "00:03.0", Map.of(), ""));

    private StandardPc() {
    }

    private static DeviceDescription device(String type, String name, String backend) {
        return new DeviceDescription(type, name, "", Map.of(), Map.of(), "", Map.of(), backend);
    }

    /** {@return a PC with those of the standard devices that plug-ins offer} */
    static MachineDescription describe(String name, Catalogue catalogue) {
        return new MachineDescription(name, "", MEMORY_BYTES, 1, Optional.empty(),
                DEVICES.stream().filter(device -> catalogue.kinds().contains(device.type())).toList(), Map.of(),
                Behaviour.X86, false, false);
    }
}

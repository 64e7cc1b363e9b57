package org.cupule.machine.firmware;

import java.util.List;
import java.util.Optional;
import org.cupule.machine.device.Part;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.types.IoRange;

/**
 * What a machine has, as far as its firmware tells it.
 *
 * @param name
 *            the machine's name
 * @param layout
 *            its memory
 * @param processors
 *            how many; their local APIC ids are 0 to n - 1
 * @param pci
 *            whether it has a PCI bus
 * @param ecam
 *            where PCI configuration space lies in memory
 * @param acpi
 *            whether ACPI tables are wanted
 * @param parts
 *            its devices that do not sit on the PCI bus
 * @threading immutable
 */
public record Platform(String name, MemoryLayout layout, int processors, boolean pci, Optional<IoRange> ecam,
        boolean acpi, List<Part> parts) {
    /** The kind of device that is ACPI's fixed hardware: without it there are no ACPI tables. */
    public static final String POWER_MANAGEMENT = "acpi-pm";
    /** The kind of device that is a PC's serial port. */
    static final String SERIAL_PORT = "uart16550";

    /** The kind of device that tells of functions which come and go. */
    static final String HOT_PLUG = "pci-hotplug";

    /** Copies the list. */
    public Platform {
        parts = List.copyOf(parts);
    }

    /** {@return the devices of a kind, in the order in which they came} */
    List<Part> all(String kind) {
        return parts.stream().filter(part -> part.kind().equals(kind)).toList();
    }

    /** {@return the first device of a kind} */
    Optional<Part> first(String kind) {
        return all(kind).stream().findFirst();
    }

    /** {@return whether there are ACPI tables} */
    boolean hasAcpi() {
        return acpi && first(POWER_MANAGEMENT).isPresent();
    }
}

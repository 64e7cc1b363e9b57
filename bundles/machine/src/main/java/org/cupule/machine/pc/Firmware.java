package org.cupule.machine.pc;

import org.cupule.hsm.VirtualMachine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.device.Devices;
import org.cupule.machine.firmware.FirmwareTables;
import org.cupule.machine.firmware.Platform;
import org.cupule.machine.loader.LoadPlan;
import org.cupule.machine.memory.MemoryLayout;

/**
 * Leaves in memory what a firmware would, unless the image is one.
 *
 * @param vm
 *            the VM
 * @param description
 *            what the machine is made of
 * @param layout
 *            its memory
 * @param devices
 *            its devices
 * @threading the control thread
 */
record Firmware(VirtualMachine vm, MachineDescription description, MemoryLayout layout, Devices devices) {
    /** {@return where the pointer to the ACPI tables of such a machine lies; 0 if it gets none} */
    static long rsdp(MachineDescription description) {
        boolean fixedHardware = description.devices().stream()
                .anyMatch(device -> device.type().equals(Platform.POWER_MANAGEMENT));
        return description.acpi() && fixedHardware ? FirmwareTables.RSDP : 0;
    }

    /** Writes the tables for the devices that there are now; not where the image lies in their place. */
    void write(LoadPlan image) {
        if (!image.touches(FirmwareTables.FIRST, FirmwareTables.LAST)) {
            LoadPlan.write(FirmwareTables.of(platform(), !image.touches(0, FirmwareTables.LAST_LOW)), vm.memory());
        }
    }

    private Platform platform() {
        return new Platform(description.name(), layout, description.cpus(), devices.hasBus(), devices.ecam(),
                description.acpi(), devices.parts());
    }
}

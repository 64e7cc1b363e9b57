package org.cupule.machine.pc;

import java.nio.file.Path;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.device.Catalogue;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * What a restore checks beforehand, and how it tells that it has failed.
 *
 * @threading any thread
 */
final class Restoring {
    private Restoring() {
    }

    /** {@return the description with models that are there and read what was saved; ENODEV when there are none} */
    static MachineDescription resolved(SavedMachine saved, Catalogue catalogue) {
        MachineDescription said = saved.description();
        return new MachineDescription(said.name(), said.hypervisor(), said.memoryBytes(), said.cpus(), said.image(),
                saved.devices().stream().map(device -> with(device.description(), device.modelIn(catalogue))).toList(),
                said.models(), said.behaviour(), said.deterministic(), said.queuedUpcall(), said.serviceVm(),
                said.acpi(), said.pageBytes());
    }

    private static DeviceDescription with(DeviceDescription device, String model) {
        return new DeviceDescription(device.type(), device.name(), model, device.windows(), device.lines(),
                device.pci(), device.options(), device.backend());
    }

    /** {@return one sentence for whatever was wrong; what the platform has refused says it itself} */
    static HsmException refused(Path file, Throwable e) {
        return e instanceof HsmException told
                ? told
                : new HsmException(Errno.EINVAL, "restore", "the snapshot '%s' cannot be restored: %s".formatted(file,
                        e.getMessage() == null ? e.toString() : e.getMessage()), e);
    }
}

package org.cupule.machine.command;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.MachineDescription.Image;

/**
 * What the command line says has precedence over the description.
 *
 * @param options
 *            the command line
 * @threading confined to the command
 */
record Overrides(MachineOptions options) {
    MachineDescription apply(MachineDescription base) {
        return new MachineDescription(base.name(), or(options.hypervisor, base.hypervisor()),
                or(options.memoryBytes, base.memoryBytes()), or(options.cpus, base.cpus()),
                base.image().map(this::image), devices(base), base.models(), or(options.behaviour, base.behaviour()),
                options.deterministic || base.deterministic(), base.queuedUpcall(),
                options.serviceVm || base.serviceVm(), base.acpi(),
                base.pageBytes());
    }

    private List<DeviceDescription> devices(MachineDescription base) {
        var devices = new AddedDevices(base.devices());
        options.disks.forEach(devices::disk);
        if (options.network != null) {
            devices.network(options.network);
        }
        options.devices.forEach(devices::device);
        return devices.list();
    }

    /** {@return the image as the command line has it} */
    Image image(Image image) {
        List<Path> modules = options.modules.isEmpty()
                ? image.modules()
                : options.modules.stream().map(Path::of).toList();
        return new Image(image.file(), image.builtin(), image.format(), image.address(),
                or(options.append, image.append()), modules);
    }

    private static <T> T or(@org.jspecify.annotations.Nullable T said, T otherwise) {
        return Optional.ofNullable(said).orElse(otherwise);
    }
}

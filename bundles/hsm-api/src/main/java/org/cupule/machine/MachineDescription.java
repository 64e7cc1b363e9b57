package org.cupule.machine;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.cupule.types.Behaviour;

/**
 * A machine as people describe it: the content of a VM file.
 *
 * @param name
 *            unique among the machines
 * @param hypervisor
 *            name of the hypervisor; empty for the default one
 * @param memoryBytes
 *            guest RAM, a multiple of 4096
 * @param cpus
 *            number of processors, 1 to 16
 * @param image
 *            what to boot
 * @param devices
 *            its devices
 * @param models
 *            which hardware model is wanted for a kind
 * @param behaviour
 *            whose rules hold where ACRN differs from hardware
 * @param deterministic
 *            whether time is a function of retired instructions
 * @param queuedUpcall
 *            whether requests are dispatched by a thread of the HSM
 * @param serviceVm
 *            whether its guest may make VMs by hypercalls ({@code hsm.md} 3)
 * @param acpi
 *            whether its guest is told of the hardware by ACPI tables
 * @param pageBytes
 *            size of the host's pages that its RAM is made of: 4096, or 2 MiB or 1 GiB, huge pages that the host has
 *            set aside
 * @threading immutable
 */
public record MachineDescription(String name, String hypervisor, long memoryBytes, int cpus, Optional<Image> image,
        List<DeviceDescription> devices, Map<String, String> models, Behaviour behaviour, boolean deterministic,
        boolean queuedUpcall, boolean serviceVm, boolean acpi, long pageBytes) {
    /** The host's usual pages. */
    public static final long SMALL_PAGES = 4096;

    /** A machine of the host's usual pages. */
    public MachineDescription(String name, String hypervisor, long memoryBytes, int cpus, Optional<Image> image,
            List<DeviceDescription> devices, Map<String, String> models, Behaviour behaviour, boolean deterministic,
            boolean queuedUpcall, boolean serviceVm, boolean acpi) {
        this(name, hypervisor, memoryBytes, cpus, image, devices, models, behaviour, deterministic, queuedUpcall,
                serviceVm, acpi, SMALL_PAGES);
    }

    /** A machine with ACPI tables. */
    public MachineDescription(String name, String hypervisor, long memoryBytes, int cpus, Optional<Image> image,
            List<DeviceDescription> devices, Map<String, String> models, Behaviour behaviour, boolean deterministic,
            boolean queuedUpcall, boolean serviceVm) {
        this(name, hypervisor, memoryBytes, cpus, image, devices, models, behaviour, deterministic, queuedUpcall,
                serviceVm, true);
    }

    /** A machine whose guest makes no VMs. */
    public MachineDescription(String name, String hypervisor, long memoryBytes, int cpus, Optional<Image> image,
            List<DeviceDescription> devices, Map<String, String> models, Behaviour behaviour, boolean deterministic,
            boolean queuedUpcall) {
        this(name, hypervisor, memoryBytes, cpus, image, devices, models, behaviour, deterministic, queuedUpcall,
                false);
    }

    /** Copies the collections. */
    public MachineDescription {
        devices = List.copyOf(devices);
        models = Map.copyOf(models);
    }

    /**
     * What to boot.
     *
     * @param file
     *            the image, or empty when {@code builtin} names one
     * @param builtin
     *            name of a guest that comes with the platform; empty for none
     * @param format
     *            {@code auto}, {@code multiboot}, {@code pvh}, {@code elf}, {@code linux}, {@code rom}, {@code flat}
     * @param address
     *            load address of a flat image, else ignored
     * @param append
     *            command line
     * @param modules
     *            modules or the initial RAM disk, in order; text after a blank is the module's string
     * @threading immutable
     */
    public record Image(Optional<Path> file, String builtin, String format, long address, String append,
            List<Path> modules) {
        /** Copies the list. */
        public Image {
            modules = List.copyOf(modules);
        }
    }

    /**
     * One device.
     *
     * @param type
     *            kind of its model
     * @param name
     *            unique in the machine
     * @param model
     *            {@code name} or {@code name@version}; empty for the preferred one
     * @param windows
     *            where its windows lie, by their names; others at their standard place
     * @param lines
     *            which GSI its lines drive, by their names; others their standard one
     * @param pci
     *            its address on the bus, for a PCI device; empty for the next free one
     * @param options
     *            its options
     * @param backend
     *            what a stream is connected to: {@code console}, {@code null}, {@code file:PATH}; empty for
     *            {@code null}
     * @threading immutable
     */
    public record DeviceDescription(String type, String name, String model, Map<String, Long> windows,
            Map<String, Integer> lines, String pci, Map<String, String> options, String backend) {
        /** Copies the maps. */
        public DeviceDescription {
            windows = Map.copyOf(windows);
            lines = Map.copyOf(lines);
            options = Map.copyOf(options);
        }
    }
}

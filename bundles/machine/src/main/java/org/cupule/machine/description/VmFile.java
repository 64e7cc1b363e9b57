package org.cupule.machine.description;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.device.Catalogue;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;

/**
 * Reads a VM file (its form is told in {@code docs/topic/machine.md}).
 *
 * @threading confined to its maker
 */
public final class VmFile {
    private static final long FLAT_END = 0x10_0000;

    private final JsonFile json;
    private final Path folder;
    private final MachineDescription standard;
    private final Catalogue catalogue;
    private final List<String> hypervisors;
    private final Collection<String> absent;
    private final Faults faults;

    /**
     * Makes a reader.
     *
     * @param file
     *            the file; paths in it are relative to its folder
     * @param standard
     *            what holds where the file says nothing
     * @param catalogue
     *            the models that are offered
     * @param hypervisors
     *            the names of the hypervisors that are there
     * @param absent
     *            the names of those that are known, and not there: good names, since the HSM tells why. With no names
     *            at all nobody knows yet, and all are good
     */
    public VmFile(Path file, MachineDescription standard, Catalogue catalogue, List<String> hypervisors,
            Collection<String> absent) {
        this.json = new JsonFile(file);
        this.folder = file.toAbsolutePath().getParent();
        this.standard = standard;
        this.catalogue = catalogue;
        this.hypervisors = List.copyOf(hypervisors);
        this.absent = List.copyOf(absent);
        this.faults = new Faults(json::place);
    }

    /**
     * Reads and checks it.
     *
     * @throws org.cupule.types.HsmException
     *             ENOENT when it is not there; EINVAL with a line for each fault
     */
    public MachineDescription read() {
        MachineDescription description = examine();
        faults.throwIfAny("read");
        return description;
    }

    /** {@return what was found wrong by {@link #examine}} */
    public Faults faults() {
        return faults;
    }

    /**
     * Reads it, and collects what is wrong.
     *
     * @return what it says, as far as that makes sense
     * @throws org.cupule.types.HsmException
     *             ENOENT when it is not there; EINVAL when it is no JSON object
     */
    public MachineDescription examine() {
        var root = new Section("", json.read(), faults);
        var description = new MachineDescription(root.text("name", standard.name()), root.text("hypervisor", ""),
                root.size("memory", standard.memoryBytes()), (int) Math.min(root.number("cpus", 1), 1000),
                root.has("image")
                        ? Optional.of(image(new Section("image", root.object("image"), faults)))
                        : Optional.empty(),
                root.has("devices") ? devices(root.list("devices")) : standard.devices(), root.map("models"),
                behaviour(root), root.flag("deterministic"), queued(root), root.flag("serviceVm"),
                root.flag("acpi", standard.acpi()), root.size("pages", standard.pageBytes()));
        root.end();
        new DescriptionCheck(catalogue, faults).check(description);
        hypervisor(description.hypervisor());
        return description;
    }

    private void hypervisor(String name) {
        boolean known = hypervisors.contains(name) || absent.contains(name);
        if (!name.isEmpty() && !known && !(hypervisors.isEmpty() && absent.isEmpty())) {
            faults.add(Errno.ENODEV, "hypervisor", "there is no hypervisor '%s'; %s%s", name,
                    Names.hint(name, hypervisors), absent.isEmpty()
                            ? ""
                            : "; not there on this machine: " + String.join(", ", absent.stream().sorted().toList()));
        }
    }

    private Behaviour behaviour(Section root) {
        String name = root.text("behaviour", "x86");
        return Stream.of(Behaviour.values()).filter(each -> each.name().equals(name.toUpperCase(Locale.ROOT)))
                .findFirst().orElseGet(() -> {
                    faults.add("behaviour", "'%s' is neither x86 nor acrn", name);
                    return Behaviour.X86;
                });
    }

    private boolean queued(Section root) {
        String upcall = root.text("upcall", "direct");
        if (!upcall.equals("direct") && !upcall.equals("queued")) {
            faults.add("upcall", "'%s' is neither direct nor queued", upcall);
        }
        return upcall.equals("queued");
    }

    private Image image(Section image) {
        String file = image.text("file", "");
        var modules = new ArrayList<Path>();
        image.texts("modules").forEach(module -> modules.add(path("image.modules", module)));
        image.texts("initrd").forEach(module -> modules.add(path("image.initrd", module)));
        var read = new Image(file.isEmpty() ? Optional.empty() : Optional.of(path("image.file", file)),
                image.text("builtin", ""), image.text("format", "auto"), image.number("address", 0),
                image.text("append", ""), modules);
        image.end();
        read.file().filter(named -> !Files.isRegularFile(named))
                .ifPresent(named -> faults.add(Errno.ENOENT, "image.file", "there is no file '%s'", named));
        if (read.format().equals("flat") && read.address() >= FLAT_END) {
            faults.add("image.address", "0x%x cannot be reached in real mode; give one below 0x%x", read.address(),
                    FLAT_END);
        }
        return read;
    }

    private Path path(String field, String text) {
        try {
            return folder.resolve(text);
        } catch (InvalidPathException e) {
            faults.add(field, "'%s' is no path: %s", text, e.getReason());
            return folder;
        }
    }

    private List<DeviceDescription> devices(List<?> list) {
        var devices = new ArrayList<DeviceDescription>();
        for (int i = 0; i < list.size(); i++) {
            String at = "devices[" + i + "]";
            Map<String, Object> fields = Section.object(list.get(i));
            if (fields == null) {
                faults.add(at, "an object is expected");
            } else {
                devices.add(device(new Section(at, fields, faults)));
            }
        }
        return devices;
    }

    private String resolved(Section device, String backend) {
        if (!backend.startsWith("file:") && !backend.startsWith("readonly:")) {
            return backend;
        }
        int path = backend.indexOf(':') + 1;
        return backend.substring(0, path) + path(device.path("backend"), backend.substring(path));
    }

    private DeviceDescription device(Section device) {
        var lines = new java.util.LinkedHashMap<String, Integer>();
        device.numbers("lines").forEach((name, gsi) -> lines.put(name, (int) Math.min(gsi, 1000)));
        String backend = device.text("backend", "");
        var read = new DeviceDescription(device.required("type"), device.required("name"), device.text("model", ""),
                device.numbers("windows"), lines, device.text("pci", ""), device.map("options"),
                resolved(device, backend));
        device.end();
        return read;
    }
}

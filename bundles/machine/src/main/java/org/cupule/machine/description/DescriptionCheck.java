package org.cupule.machine.description;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.LineSpec;
import org.cupule.device.DeviceSpec.Option;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.device.Catalogue;
import org.cupule.machine.device.Devices;
import org.cupule.machine.loader.Loaders;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.machine.net.Rules;
import org.cupule.types.AddressSpace;
import org.cupule.types.Bdf;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;

/**
 * Checks a description against the models that are offered, before anything is made.
 *
 * @threading confined to its maker
 */
public final class DescriptionCheck {
    private static final int MOST_CPUS = 16;
    private static final int GSIS = 48;
    private static final long PORTS = 0x1_0000;
    private static final long ADDRESSES = 1L << 52;

    private final Catalogue catalogue;
    private final Faults faults;
    private final Map<String, IoRange> places = new HashMap<>();
    private final Set<String> names = new HashSet<>();
    private final Set<String> addresses = new HashSet<>();
    private boolean console;

    /** Makes a check that adds to these faults. */
    public DescriptionCheck(Catalogue catalogue, Faults faults) {
        this.catalogue = catalogue;
        this.faults = faults;
    }

    /** Checks all of it. */
    public void check(MachineDescription machine) {
        if (!machine.name().matches("[\\w.@+-]{1,64}")) {
            faults.add("name", "'%s' is no name: 1 to 64 letters, digits and . _ @ + -", machine.name());
        }
        if (machine.cpus() < 1 || machine.cpus() > MOST_CPUS) {
            faults.add("cpus", "%d processors: 1 to 16 can be", machine.cpus());
        }
        Optional<MemoryLayout> layout = memory(machine.memoryBytes());
        pages(machine);
        machine.image().ifPresent(this::image);
        for (int i = 0; i < machine.devices().size(); i++) {
            device("devices[" + i + "]", machine.devices().get(i), layout);
        }
    }

    /** Checks a device that is to be added to a machine whose other devices lie here. */
    public void checkAdded(DeviceDescription device, MemoryLayout layout, Map<String, IoRange> others) {
        places.putAll(others);
        device("device", device, Optional.of(layout));
    }

    private Optional<MemoryLayout> memory(long bytes) {
        try {
            return Optional.of(new MemoryLayout(bytes));
        } catch (HsmException e) {
            faults.add("memory", "%d bytes: give a multiple of 4096 from 1M to 1022G", bytes);
            return Optional.empty();
        }
    }

    private void pages(MachineDescription machine) {
        if (!MemoryLayout.PAGE_SIZES.contains(machine.pageBytes())) {
            faults.add("pages", "pages of %d bytes: give 4K, 2M or 1G", machine.pageBytes());
        } else if (!faults.has("memory") && !MemoryLayout.divides(machine.pageBytes(), machine.memoryBytes())) {
            faults.add("pages", "%d bytes of memory are not made of pages of %d bytes, two at least",
                    machine.memoryBytes(), machine.pageBytes());
        }
    }

    private void image(Image image) {
        if (image.file().isPresent() != image.builtin().isEmpty()) {
            faults.add("image", "give either 'file' or 'builtin'");
        }
        if (!image.format().equals("auto") && !Loaders.FORMATS.contains(image.format())) {
            var known = new ArrayList<>(Loaders.FORMATS);
            known.add("auto");
            faults.add("image.format", "there is no format '%s'; %s", image.format(),
                    Names.hint(image.format(), known));
        }
    }

    private void device(String at, DeviceDescription device, Optional<MemoryLayout> layout) {
        if (!device.name().matches("[\\w+-]{1,32}") || device.name().equals(Devices.BUS)) {
            faults.add(at + ".name", "'%s' is no name: 1 to 32 letters, digits and _ + -, and not 'pci'",
                    device.name());
        }
        if (!names.add(device.name())) {
            faults.add(at + ".name", "there is another device '%s'", device.name());
        }
        Optional<DeviceSpec> spec = faults.has(at + ".type") ? Optional.empty() : spec(at, device);
        spec.ifPresent(found -> against(at, device, found, layout));
    }

    private Optional<DeviceSpec> spec(String at, DeviceDescription device) {
        if (!catalogue.kinds().contains(device.type())) {
            faults.add(Errno.ENODEV, at + ".type", "no plug-in offers a device of type '%s'; %s", device.type(),
                    Names.hint(device.type(), catalogue.kinds()));
            return Optional.empty();
        }
        List<String> models = catalogue.offers().stream().filter(offer -> offer.info().kind().equals(device.type()))
                .map(offer -> offer.info().id()).toList();
        try {
            return Optional.of(catalogue.find(device.type(), device.model(), -1).spec());
        } catch (HsmException e) {
            faults.add(Errno.ENODEV, at + ".model", "no plug-in offers the model '%s'; there are: %s", device.model(),
                    String.join(", ", models));
            return Optional.empty();
        }
    }

    private void against(String at, DeviceDescription device, DeviceSpec spec, Optional<MemoryLayout> layout) {
        known(at + ".windows", device.windows().keySet(), spec.windows().stream().map(Window::name).toList());
        known(at + ".lines", device.lines().keySet(), spec.lines().stream().map(LineSpec::name).toList());
        known(at + ".options", device.options().keySet(), spec.options().stream().map(Option::name).toList());
        windows(at + ".windows.", device.windows(), spec.windows(), layout);
        spec.lines().forEach(line -> line(at + ".lines." + line.name(),
                device.lines().getOrDefault(line.name(), line.standard())));
        pci(at + ".pci", device.pci(), spec);
        backend(at + ".backend", device.backend(), spec);
    }

    /** With a wrong name among them nobody knows which window was meant: only those that are said are looked at. */
    private void windows(String at, Map<String, Long> given, List<Window> windows, Optional<MemoryLayout> layout) {
        boolean misnamed = given.keySet().stream().anyMatch(name -> faults.has(at + name));
        windows.stream().filter(window -> !faults.has(at + window.name()))
                .filter(window -> given.containsKey(window.name()) || !misnamed)
                .forEach(window -> window(at + window.name(), window,
                        given.getOrDefault(window.name(), window.standard()), layout));
    }

    private void known(String at, Set<String> given, List<String> known) {
        given.stream().filter(name -> !known.contains(name)).forEach(
                name -> faults.add(at + "." + name, "the device has no such thing; %s", Names.hint(name, known)));
    }

    private void window(String at, Window window, long first, Optional<MemoryLayout> layout) {
        long end = window.ports() ? PORTS : ADDRESSES;
        if (first < 0) {
            faults.add(at, "it has no standard place; say one");
        } else if (window.length() <= 0 || first > end - window.length()) {
            faults.add(at, "%d %s from 0x%x do not lie below 0x%x", window.length(),
                    window.ports() ? "ports" : "bytes", first, end);
        } else {
            place(at, window.ports()
                    ? IoRange.ports((int) first, (int) window.length())
                    : IoRange.mmio(first, window.length()), layout);
        }
    }

    private void place(String at, IoRange range, Optional<MemoryLayout> layout) {
        places.forEach((other, taken) -> {
            if (taken.overlaps(range)) {
                faults.add(at, "%s overlaps %s of '%s'", range, taken, other);
            }
        });
        places.put(at, range);
        if (range.space() == AddressSpace.MMIO
                && layout.filter(ram -> ram.touches(range.first(), range.last())).isPresent()) {
            faults.add(at, "%s lies in the machine's RAM", range);
        }
    }

    private void line(String at, int gsi) {
        if (gsi < 0) {
            faults.add(at, "it has no standard GSI; say one");
        } else if (gsi >= GSIS) {
            faults.add(at, "GSI %d: 0 to 47 can be", gsi);
        }
    }

    private void pci(String at, String address, DeviceSpec spec) {
        if (address.isEmpty()) {
            return;
        }
        if (spec.pci().isEmpty()) {
            faults.add(at, "it is no PCI device");
            return;
        }
        try {
            Bdf bdf = Bdf.parse(address);
            if (bdf.bus() != 0 || bdf.packed() == 0) {
                faults.add(at, "%s: bus 00 it must be, and 00:00.0 is the host bridge", bdf);
            } else if (!addresses.add(bdf.toString())) {
                faults.add(at, "another device lies at %s", bdf);
            }
        } catch (HsmException e) {
            faults.add(at, "'%s' is not of the form 00:03.0", address);
        }
    }

    private void backend(String at, String backend, DeviceSpec spec) {
        if (spec.backend() == DeviceSpec.Backend.DISK) {
            disk(at, backend);
            return;
        }
        if (spec.backend() == DeviceSpec.Backend.NETWORK) {
            network(at, backend);
            return;
        }
        if (backend.isEmpty() || backend.equals("null") || backend.startsWith("file:") && backend.length() > 5) {
            return;
        }
        if (!backend.equals("console")) {
            faults.add(at, "'%s' is none of console, null, file:PATH", backend);
        } else if (spec.backend() != DeviceSpec.Backend.STREAM) {
            faults.add(at, "the device talks to no stream");
        } else if (console) {
            faults.add(at, "another device is connected to the console");
        }
        console |= backend.equals("console");
    }

    private void network(String at, String backend) {
        if (backend.isEmpty() || backend.equals("null")) {
            return;
        }
        try {
            Rules.of(backend);
        } catch (HsmException e) {
            faults.add(at, "%s", e.getMessage());
        }
    }

    private void disk(String at, String backend) {
        if (!backend.matches("(file|readonly):.+")) {
            faults.add(at, "'%s' is no disk; write file:PATH or readonly:PATH", backend);
        } else if (Files.notExists(Path.of(backend.substring(backend.indexOf(':') + 1)))) {
            faults.add(Errno.ENOENT, at, "there is no file '%s'", backend.substring(backend.indexOf(':') + 1));
        }
    }
}

package org.cupule.machine.dev;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.cupule.device.DeviceSpec.LineSpec;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.device.DeviceOffer;
import org.cupule.pci.PciFunctionSpec;

/**
 * A machine that has a device of each kind that a plug-in offers, at its standard place or at one where nothing of a PC
 * is, and the command line that tells the guest {@code probe} where the first of them is.
 *
 * @threading immutable
 */
public record DevMachine(MachineDescription base) {
    /** The guest that is booted when nobody names one. */
    public static final String GUEST = "probe";
    private static final long PORTS = 0x300;
    private static final long MEMORY = 0xFEDC_0000L;
    private static final long PAGE = 0x1000;
    private static final int IRQ = 5;
    private static final Pattern ADDRESS = Pattern.compile("(?<=(port|memory|pci|id)=)\\d+");

    /** {@return the machine with the plug-in's devices; those that are there already are of the offered models} */
    public MachineDescription with(List<DeviceOffer> offers) {
        var devices = new ArrayList<>(base.devices());
        long ports = PORTS;
        long memory = MEMORY;
        for (DeviceOffer offer : offers) {
            String kind = offer.info().kind();
            if (devices.stream().anyMatch(device -> device.type().equals(kind))) {
                devices.replaceAll(device -> device.type().equals(kind) ? of(device, offer) : device);
                continue;
            }
            var windows = new HashMap<String, Long>();
            for (Window window : offer.spec().windows()) {
                if (window.standard() < 0) {
                    windows.put(window.name(), window.ports() ? ports : memory);
                    ports += window.ports() ? Math.ceilDiv(window.length(), 16) * 16 : 0;
                    memory += window.ports() ? 0 : Math.ceilDiv(window.length(), PAGE) * PAGE;
                }
            }
            devices.add(new DeviceDescription(kind, name(kind), "", windows, lines(offer), "", Map.of(), ""));
        }
        return new MachineDescription(base.name(), base.hypervisor(), base.memoryBytes(), base.cpus(), base.image(),
                devices, base.models(), base.behaviour(), base.deterministic(), base.queuedUpcall(), base.serviceVm(),
                base.acpi(), base.pageBytes());
    }

    private static DeviceDescription of(DeviceDescription device, DeviceOffer offer) {
        return new DeviceDescription(device.type(), device.name(), offer.info().id(), device.windows(), device.lines(),
                device.pci(), device.options(), device.backend());
    }

    private static Map<String, Integer> lines(DeviceOffer offer) {
        var lines = new HashMap<String, Integer>();
        for (LineSpec line : offer.spec().lines()) {
            if (line.standard() < 0) {
                lines.put(line.name(), IRQ + lines.size());
            }
        }
        return lines;
    }

    /** {@return the last word of a kind: a name for its device} */
    public static String name(String kind) {
        return kind.substring(kind.lastIndexOf('.') + 1);
    }

    /** {@return the same machine with an image} */
    public static MachineDescription withImage(MachineDescription base, Image image) {
        return new MachineDescription(base.name(), base.hypervisor(), base.memoryBytes(), base.cpus(),
                Optional.of(image), base.devices(), base.models(), base.behaviour(), base.deterministic(),
                base.queuedUpcall(), base.serviceVm(), base.acpi(), base.pageBytes());
    }

    /** {@return what tells the guest where a device is: {@code memory=4275830784 length=4096 irq=5}} */
    public static String commandLine(MachineDescription machine, DeviceOffer offer) {
        Optional<PciFunctionSpec> pci = offer.spec().pci();
        if (pci.isPresent()) {
            return "pci=%d id=%d length=%d".formatted(pci.get().vendor(), pci.get().device(),
                    pci.get().bars().isEmpty() ? 0 : pci.get().bars().getFirst().lengthBytes());
        }
        DeviceDescription device = machine.devices().stream()
                .filter(one -> one.type().equals(offer.info().kind())).findFirst().orElseThrow();
        return offer.spec().windows().stream().findFirst().map(window -> "%s=%d length=%d".formatted(
                window.ports() ? "port" : "memory",
                device.windows().getOrDefault(window.name(), window.standard()), window.length())).orElse("")
                + offer.spec().lines().stream().findFirst().map(line -> " irq=" + device.lines()
                        .getOrDefault(line.name(), line.standard())).orElse("");
    }

    /** {@return a command line for people: addresses and PCI ids are hexadecimal} */
    public static String hexadecimal(String commandLine) {
        return ADDRESS.matcher(commandLine)
                .replaceAll(number -> "0x" + Long.toHexString(Long.parseLong(number.group())));
    }

    /** {@return what tells the guest where a client answers, of a range as the service's property says it} */
    public static String commandLine(String range) {
        String[] words = range.strip().split("\\s+", 2);
        String[] ends = words.length < 2 ? new String[]{"0"} : words[1].split("-", 2);
        long first = Long.decode(ends[0].strip());
        long last = ends.length < 2 ? first : Long.decode(ends[1].strip());
        return "%s=%d length=%d".formatted(words[0].startsWith("port") ? "port" : "memory", first, last - first + 1);
    }
}

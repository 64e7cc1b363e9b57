package org.cupule.linux.acrn;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.cupule.hypervisor.HostDevice;
import org.cupule.types.Bdf;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The PCI functions that the Service VM sees, as the kernel tells them; bridges are left out, which ACRN assigns to
 * nobody ({@code hsm.md} 9.1).
 *
 * @threading any thread
 */
final class HostPci {
    private static final Logger LOG = LoggerFactory.getLogger(HostPci.class);
    private static final String FIRST_SEGMENT = "0000:";
    private static final String BRIDGES = "0x06";

    private final Path folder;

    /** Looks into the kernel's folder of PCI functions. */
    HostPci(Path folder) {
        this.folder = folder;
    }

    /**
     * {@return the functions by address}
     *
     * @param owners
     *            which VM has the function at an address
     */
    List<HostDevice> devices(Map<String, Integer> owners) {
        List<HostDevice> devices = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return devices;
        }
        try (DirectoryStream<Path> functions = Files.newDirectoryStream(folder, FIRST_SEGMENT + "*")) {
            for (Path function : functions) {
                add(devices, function, owners);
            }
        } catch (IOException | java.io.UncheckedIOException unreadable) {
            LOG.warn("{} cannot be read", folder, unreadable);
        }
        devices.sort(Comparator.comparing(HostDevice::address));
        return devices;
    }

    private static void add(List<HostDevice> devices, Path function, Map<String, Integer> owners) {
        try {
            String kind = text(function, "class");
            if (!kind.startsWith(BRIDGES)) {
                String address = Bdf.parse(String.valueOf(function.getFileName()).substring(FIRST_SEGMENT.length()))
                        .toString();
                int line = Integer.parseInt(text(function, "irq"));
                devices.add(new HostDevice("pci", "%s:%s class %s".formatted(text(function, "vendor").substring(2),
                        text(function, "device").substring(2), kind.substring(2)), address, line == 0 ? -1 : line,
                        owners.getOrDefault(address, -1)));
            }
        } catch (IOException | NumberFormatException | HsmException gone) {
            LOG.debug("{} is passed over", function, gone);
        }
    }

    private static String text(Path function, String name) throws IOException {
        return Files.readString(function.resolve(name)).strip();
    }
}

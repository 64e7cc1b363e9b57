package org.cupule.machine.command;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.cupule.machine.MachineDescription.DeviceDescription;

/**
 * Devices that the command line adds to a machine: {@code --disk} and {@code --device}.
 *
 * @threading confined to the command
 */
final class AddedDevices {
    private static final String READ_ONLY = ":ro";

    private final List<DeviceDescription> devices;

    /** Begins with the devices that are there. */
    AddedDevices(List<DeviceDescription> present) {
        devices = new ArrayList<>(present);
    }

    /** Adds a disk of an image; a path that ends in {@code :ro} is read-only. */
    AddedDevices disk(String image) {
        boolean readOnly = image.endsWith(READ_ONLY);
        String path = path(image);
        return add("virtio-blk", free("disk"), Map.of(),
                (readOnly ? "readonly:" : "file:") + Path.of(path).toAbsolutePath());
    }

    private static String path(String image) {
        return image.endsWith(READ_ONLY) ? image.substring(0, image.length() - READ_ONLY.length()) : image;
    }

    /** {@return what is wrong with an image of the command line, for people; empty when it is there} */
    static Optional<String> imageFault(String image) {
        Path path = Path.of(path(image));
        if (Files.isDirectory(path)) {
            return Optional.of("that is a directory");
        }
        return Files.exists(path)
                ? Optional.empty()
                : Optional.of("there is no such file; 'truncate -s 64M FILE' makes an empty disk");
    }

    /** Adds a network card with rules; see {@code Rules}. */
    AddedDevices network(String rules) {
        return add("virtio-net", free("net"), Map.of(), rules.isEmpty() ? "user" : "user:" + rules);
    }

    /** Adds a device: its type, then, behind commas, {@code name=}, {@code backend=} and its options. */
    AddedDevices device(String text) {
        String[] words = text.split(",");
        var options = new HashMap<String, String>();
        for (int i = 1; i < words.length; i++) {
            String[] pair = words[i].split("=", 2);
            options.put(pair[0], pair.length == 2 ? pair[1] : "");
        }
        String name = options.remove("name");
        String backend = options.remove("backend");
        String kind = words[0].substring(words[0].lastIndexOf('.') + 1).replace("virtio-", "");
        return add(words[0], name == null ? free(kind) : name, options, backend == null ? "" : backend);
    }

    private AddedDevices add(String type, String name, Map<String, String> options, String backend) {
        devices.add(new DeviceDescription(type, name, "", Map.of(), Map.of(), "", options, backend));
        return this;
    }

    /** {@return a word with the first number that no device has behind it} */
    private String free(String word) {
        int number = 0;
        while (taken(word + number)) {
            number++;
        }
        return word + number;
    }

    private boolean taken(String name) {
        return devices.stream().anyMatch(device -> device.name().equals(name));
    }

    List<DeviceDescription> list() {
        return List.copyOf(devices);
    }
}

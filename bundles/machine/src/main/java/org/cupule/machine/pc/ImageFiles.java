package org.cupule.machine.pc;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.loader.BootRequest;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Reads images and modules: files, and the guests that come with the platform.
 *
 * @threading any thread
 */
final class ImageFiles {
    private ImageFiles() {
    }

    /**
     * Reads all that an image needs.
     *
     * @param rsdp
     *            where the pointer to the ACPI tables lies; 0 for none
     * @throws HsmException
     *             ENOENT for a file or a built-in guest that is not there or cannot be read, EINVAL for a file that the
     *             machine's memory could not hold
     */
    static BootRequest request(Image image, MemoryLayout layout, long rsdp) {
        var modules = new ArrayList<BootRequest.Module>();
        for (Path module : image.modules()) {
            modules.add(module(module.toString(), layout));
        }
        byte[] bytes = image.file().map(file -> read(file, layout)).orElseGet(() -> builtin(image.builtin()));
        String name = image.file().map(Path::getFileName).map(Path::toString).orElse(image.builtin());
        return new BootRequest(name, bytes, image.format(), image.address(), image.append(), modules, layout,
                rsdp);
    }

    private static BootRequest.Module module(String text, MemoryLayout layout) {
        int blank = text.indexOf(' ');
        return new BootRequest.Module(text, read(Path.of(blank < 0 ? text : text.substring(0, blank)), layout));
    }

    private static byte[] read(Path file, MemoryLayout layout) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new HsmException(Errno.ENOENT, "image", "there is no file '" + file + "'");
            }
            long length = Files.size(file);
            if (length > layout.bytes()) {
                throw new HsmException(Errno.EINVAL, "image", "the file '%s' has %d bytes, and the machine %d MiB; %s"
                        .formatted(file, length, layout.bytes() >> 20, "give it more memory"));
            }
            return Files.readAllBytes(file);
        } catch (IOException | OutOfMemoryError e) {
            throw new HsmException(Errno.ENOENT, "image", "the file '" + file + "' cannot be read: " + e, e);
        }
    }

    private static byte[] builtin(String name) {
        try (InputStream in = name.matches("[\\w-]+")
                ? ImageFiles.class.getResourceAsStream("/guests/" + name + ".bin")
                : null) {
            if (in == null) {
                throw new HsmException(Errno.ENOENT, "image",
                        "there is no built-in guest '" + name + "'; try demo, or give a file");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new HsmException(Errno.EIO, "image", "the built-in guest cannot be read: " + e, e);
        }
    }
}

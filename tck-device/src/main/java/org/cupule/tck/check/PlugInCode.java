package org.cupule.tck.check;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Optional;

/**
 * Where the classes of a plug-in can be read.
 *
 * @threading any thread
 */
@FunctionalInterface
public interface PlugInCode {
    /**
     * Reads a class file.
     *
     * @param name
     *            with slashes, without its ending: {@code com/acme/Sensor}
     * @return its bytes; empty when the class is not the plug-in's
     */
    Optional<byte[]> classFile(String name);

    /** {@return the folder or jar that a class came from; nothing when that is not known} */
    static PlugInCode of(Class<?> member) {
        CodeSource source = member.getProtectionDomain().getCodeSource();
        URL place = source == null ? null : source.getLocation();
        if (place == null || !place.getProtocol().equals("file")) {
            return name -> Optional.empty();
        }
        Path root = Path.of(URI.create(place.toString()));
        return Files.isDirectory(root) ? folder(root) : jar(root);
    }

    /** {@return the classes below a folder} */
    static PlugInCode folder(Path root) {
        return name -> read(root.resolve(name + ".class"));
    }

    /** {@return the classes of a jar} */
    static PlugInCode jar(Path file) {
        return name -> {
            try (var files = FileSystems.newFileSystem(file)) {
                return read(files.getPath("/" + name + ".class"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    private static Optional<byte[]> read(Path file) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(file)) {
            return Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

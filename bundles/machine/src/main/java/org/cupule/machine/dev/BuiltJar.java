package org.cupule.machine.dev;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipInputStream;

/**
 * One build of a plug-in: a complete jar, read whole, so that what the next build does to the file does not matter.
 *
 * @param name
 *            symbolic name of the bundle
 * @param version
 *            bundle version
 * @param bytes
 *            the jar
 * @threading immutable: the array must not be changed
 */
public record BuiltJar(String name, String version, byte[] bytes) {
    private static final String NAME = "Bundle-SymbolicName";
    private static final String VERSION = "Bundle-Version";

    /**
     * {@return the build in a file; empty when the jar is not whole, as while it is written}
     *
     * @throws NotABundleException
     *             when it is whole, and no bundle
     */
    public static Optional<BuiltJar> read(Path file) {
        try (var jar = new JarFile(file.toFile(), true)) { // fails where the directory at the end is missing
            Manifest manifest = jar.getManifest();
            byte[] bytes = Files.readAllBytes(file);
            if (entries(bytes) < jar.size()) {
                return Optional.empty();
            }
            if (manifest == null || manifest.getMainAttributes().getValue(NAME) == null) {
                throw new NotABundleException(file);
            }
            String version = manifest.getMainAttributes().getValue(VERSION);
            return Optional.of(new BuiltJar(manifest.getMainAttributes().getValue(NAME).split(";", 2)[0].strip(),
                    version == null ? "0.0.0" : version, bytes));
        } catch (IOException e) { // gone again, or no end of a jar yet
            return Optional.empty();
        }
    }

    /** Reads each entry to its end, so that a damaged one is found. */
    private static int entries(byte[] bytes) throws IOException {
        int count = 0;
        try (var jar = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            while (jar.getNextEntry() != null) {
                jar.skip(Long.MAX_VALUE);
                count++;
            }
        }
        return count;
    }

    /** {@return whether it holds the same bytes as another one} */
    public boolean same(BuiltJar other) {
        return Arrays.equals(bytes, other.bytes);
    }

    /** {@return what people call it} */
    public String text() {
        return name + "@" + version;
    }

    /**
     * A jar that is no bundle.
     *
     * @threading immutable
     */
    public static final class NotABundleException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotABundleException(Path file) {
            super("'" + file + "' is no bundle: its manifest has no " + NAME
                    + "; build it with bnd-maven-plugin, and have maven-jar-plugin take the manifest that bnd wrote");
        }
    }
}

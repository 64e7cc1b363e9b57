package org.cupule.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A bundle of this project as the build left it.
 *
 * @threading immutable
 *
 * @param folder
 *            name of its folder under {@code bundles}
 * @param jar
 *            the built jar
 */
record BuiltBundle(String folder, Path jar) {
    private static final Path ROOT = Path.of(System.getProperty("cupule.root"));
    private static final Pattern MODULE = Pattern.compile("<module>bundles/([^<]+)</module>");

    /** {@return all bundles of the reactor} */
    static Stream<BuiltBundle> all() throws IOException {
        return MODULE.matcher(Files.readString(ROOT.resolve("pom.xml"))).results()
                .map(module -> of(module.group(1)));
    }

    private static BuiltBundle of(String folder) {
        var jar = "%s-%s.jar".formatted(folder, System.getProperty("cupule.version"));
        return new BuiltBundle(folder, ROOT.resolve("bundles").resolve(folder).resolve("target").resolve(jar));
    }

    static Path root() {
        return ROOT;
    }

    Path source() {
        return ROOT.resolve("bundles").resolve(folder);
    }

    /** {@return the value of a manifest header, empty where there is none} */
    String header(String name) {
        try (var file = new JarFile(jar.toFile())) {
            var value = file.getManifest().getMainAttributes().getValue(name);
            return value == null ? "" : value;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the package names in a header such as Import-Package} */
    Set<String> packages(String header) {
        return Stream.of(header(header).replaceAll("\"[^\"]*\"", "").split(","))
                .map(clause -> clause.split(";")[0].strip())
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** {@return the names of the classes in the jar, as the path of their file} */
    Stream<String> classFiles() {
        try (var file = new JarFile(jar.toFile())) {
            return file.stream()
                    .map(JarEntry::getName)
                    .filter(name -> name.endsWith(".class") && !name.endsWith("package-info.class"))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the bytes of an entry} */
    byte[] bytes(String entry) {
        try (var file = new JarFile(jar.toFile()); var in = file.getInputStream(file.getEntry(entry))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return folder;
    }
}

package org.cupule.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipFile;

/**
 * The jars inside the launcher's jar, written to a folder once, where the framework reads them in place.
 *
 * @threading any thread
 */
final class EmbeddedJars {
    private EmbeddedJars() {
    }

    /** {@return the jars of {@code folder} in {@code archive}, now files in {@code target}} */
    static List<Path> extract(Path archive, String folder, Path target) throws IOException {
        Files.createDirectories(target);
        var jars = new ArrayList<Path>();
        try (var zip = new ZipFile(archive.toFile())) {
            var entries = zip.stream()
                    .filter(entry -> entry.getName().startsWith(folder + "/") && entry.getName().endsWith(".jar"))
                    .toList();
            for (var entry : entries) {
                var jar = target.resolve(Path.of(entry.getName()).getFileName());
                try (var in = zip.getInputStream(entry)) {
                    Files.copy(in, jar);
                }
                jars.add(jar);
            }
        }
        return List.copyOf(jars);
    }
}

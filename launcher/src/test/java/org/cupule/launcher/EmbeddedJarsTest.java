package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedJarsTest {
    @TempDir
    private Path folder;

    @Test
    void writesTheJarsOfOneFolderOnly() throws IOException {
        var archive = archive("bundles/a.jar", "bundles/readme.txt", "plugins/b.jar", "c.jar");

        var jars = EmbeddedJars.extract(archive, "bundles", folder.resolve("out"));

        assertThat(jars).containsExactly(folder.resolve("out/a.jar"));
        assertThat(jars.getFirst()).hasContent("bundles/a.jar");
    }

    @Test
    void staysInsideItsFolderWhateverAnEntryIsCalled() throws IOException {
        var archive = archive("bundles/../../evil.jar");

        EmbeddedJars.extract(archive, "bundles", folder.resolve("out"));

        assertThat(folder.resolve("out/evil.jar")).exists();
    }

    private Path archive(String... entries) throws IOException {
        var path = folder.resolve("archive.zip");
        try (var zip = new ZipOutputStream(Files.newOutputStream(path))) {
            for (var entry : entries) {
                zip.putNextEntry(new ZipEntry(entry));
                zip.write(entry.getBytes());
            }
        }
        return path;
    }
}

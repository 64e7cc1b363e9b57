package org.cupule.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Jars of strangers: read, or refused with a sentence. */
class PluginJarTest {
    private static final URI WHERE = URI.create("file:/acme.jar");
    private static final String BUNDLE = "Manifest-Version: 1.0\nBundle-ManifestVersion: 2\n";

    @Test
    void readsNameVersionAndHash() throws IOException {
        byte[] bytes = jar(BUNDLE + "Bundle-SymbolicName: acme.sensor;singleton:=true\nBundle-Version: 1.2.3\n");

        PluginJar jar = PluginJar.of(WHERE, bytes);

        assertThat(jar.name()).isEqualTo("acme.sensor");
        assertThat(jar.version()).hasToString("1.2.3");
        assertThat(jar.sha256()).isEqualTo(PluginJar.sha256(bytes)).matches("[0-9a-f]{64}");
        assertThat(jar.signers()).isEmpty();
    }

    @Test
    void readsAManifestThatIsNotAtTheFront() throws IOException {
        byte[] bytes = zip("a.class", "x", "META-INF/MANIFEST.MF", BUNDLE + "Bundle-SymbolicName: acme\n");

        assertThat(PluginJar.of(WHERE, bytes).name()).isEqualTo("acme");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "Foo: bar|not a bundle of its own",
            "Bundle-SymbolicName: ../../etc/passwd|Bundle-SymbolicName '../../etc/passwd' is none",
            "Bundle-SymbolicName: |it is no jar, or damaged: invalid header field",
            "Bundle-SymbolicName: a b|is none",
            "Bundle-SymbolicName: a;Bundle-Version: 1.x|Bundle-Version '1.x' is none"})
    void refusesHeadersThatSayNothing(String headers, String why) throws IOException {
        refused(jar(BUNDLE + headers.replace(";", "\n") + "\n"), why);
    }

    @Test
    void refusesABundleOfTheFirstManifestVersion() throws IOException {
        refused(jar("Manifest-Version: 1.0\nBundle-SymbolicName: acme\n"), "not a bundle of its own");
    }

    @Test
    void refusesAFragment() throws IOException {
        refused(jar(BUNDLE + "Bundle-SymbolicName: acme\nFragment-Host: org.cupule.machine\n"),
                "not a bundle of its own");
    }

    @Test
    void refusesAManifestInAnotherCharset() throws IOException {
        byte[] manifest = (BUNDLE + "Bundle-SymbolicName: acme\nBundle-Name: Temperaturf\u00fchler\n").getBytes(
                StandardCharsets.ISO_8859_1);

        refused(zipped("META-INF/MANIFEST.MF", manifest), "'Bundle-Name' is not text in UTF-8");
    }

    @Test
    void refusesAManifestThatIsNoText() throws IOException {
        refused(zipped("META-INF/MANIFEST.MF", new byte[]{1, 2, 3, 4}), "not a bundle of its own");
    }

    @Test
    void refusesAHugeManifest() throws IOException {
        String header = "X-%06d: " + "y".repeat(50) + "\n";
        var text = new StringBuilder(BUNDLE);
        for (int i = 0; i < 20_000; i++) {
            text.append(header.formatted(i));
        }

        refused(jar(text.toString()), "manifest is larger than 1 MiB");
    }

    @Test
    void refusesAZipBomb() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            put(zip, "META-INF/MANIFEST.MF", (BUNDLE + "Bundle-SymbolicName: acme\n").getBytes(
                    StandardCharsets.UTF_8));
            zip.putNextEntry(new ZipEntry("bomb"));
            for (int i = 0; i < 257; i++) {
                zip.write(new byte[1 << 20]);
            }
        }

        refused(bytes.toByteArray(), "unpacks to more than 256 MiB");
    }

    @Test
    void refusesTooManyEntries() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            put(zip, "META-INF/MANIFEST.MF", (BUNDLE + "Bundle-SymbolicName: acme\n").getBytes(
                    StandardCharsets.UTF_8));
            for (int i = 0; i < 20_000; i++) {
                zip.putNextEntry(new ZipEntry("e" + i));
            }
        }

        refused(bytes.toByteArray(), "more than 20000 entries");
    }

    @Test
    void refusesAJarThatIsCutOff() throws IOException {
        byte[] whole = jar(BUNDLE + "Bundle-SymbolicName: acme\n");

        refused(java.util.Arrays.copyOf(whole, whole.length - 30), "no jar, or damaged");
        refused(new byte[0], "no jar, or damaged");
    }

    @Test
    void refusesAJarWithoutAManifest() throws IOException {
        refused(zip("a.class", "x"), "without a manifest");
    }

    @Test
    void refusesAFolder(@TempDir Path folder) {
        assertThatThrownBy(() -> PluginJar.read(folder.toUri())).hasMessageContaining("no regular file");
    }

    private static void refused(byte[] bytes, String why) {
        assertThatThrownBy(() -> PluginJar.of(WHERE, bytes)).isInstanceOfSatisfying(HsmException.class,
                failure -> assertThat(failure.errno()).isEqualTo(Errno.EINVAL)).hasMessageContaining(why);
    }

    private static byte[] jar(String manifest) throws IOException {
        return zip("META-INF/MANIFEST.MF", manifest);
    }

    private static byte[] zip(String... namesAndTexts) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < namesAndTexts.length; i += 2) {
                put(zip, namesAndTexts[i], namesAndTexts[i + 1].getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] zipped(String name, byte[] content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            put(zip, name, content);
        }
        return bytes.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(content);
        zip.closeEntry();
    }
}

package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The archive of {@code ./cupule dist}, unpacked somewhere, as who gets it uses it. */
class DistIT {
    private static final Path ROOT = Path.of(System.getProperty("cupule.root"));
    private static final Path PLUGIN = ROOT.resolve("launcher/target/app/plugins/dev-sample-v2.jar");
    private static final long MINUTES = 5;

    @TempDir
    private static Path folder;
    private static Path unpacked = Path.of("");

    @BeforeAll
    static void unpack() throws IOException, InterruptedException {
        boolean built = Files.isDirectory(ROOT.resolve("archetype/target/classes"))
                && Files.isDirectory(ROOT.resolve("tck-device/target/classes"));
        if (!built) {
            System.out.println("SKIPPED: the archive: archetype and tck-device are not in this build");
        }
        Assumptions.assumeTrue(built, "archetype and tck-device are not in this build");
        String said = run(ROOT, "./cupule", "dist");
        String archive = said.replaceAll("(?s).*made (target/\\S+\\.tar\\.gz).*", "$1");
        assertThat(ROOT.resolve(archive)).as(said).isRegularFile();
        run(folder, "tar", "-xzf", ROOT.resolve(archive).toString());
        try (Stream<Path> inside = Files.list(folder)) {
            unpacked = inside.filter(path -> Files.isExecutable(path.resolve("cupule"))).findFirst().orElseThrow();
        }
    }

    /** {@return what a command printed, which must have ended with 0} */
    private static String run(Path where, String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "output", "");
        var builder = new ProcessBuilder(command).directory(where.toFile()).redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().remove("CUPULE_HOME");
        builder.environment().put("CUPULE_BUILT", "true");
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).as("%s ends", List.of(command)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        String printed = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(process.exitValue()).as(printed).isZero();
        return printed;
    }

    private static String shell(String commands) throws IOException, InterruptedException {
        return run(folder, unpacked.resolve("cupule").toString(), "shell", "-c", commands);
    }

    @Test
    @DisplayName("it starts where it was unpacked, boots a guest, and keeps its files to itself")
    void starts() throws Exception {
        assertThat(shell("create -m 16M hello; start hello; await hello")).contains("debug-exit, status 33");
        assertThat(unpacked.resolve("log")).isNotEmptyDirectory();
    }

    @Test
    @DisplayName("a jar that is dropped into plugins/ is plugged in")
    void takesAPlugin() throws Exception {
        Path dropped = Files.copy(PLUGIN, unpacked.resolve("plugins").resolve(PLUGIN.getFileName()));
        try {
            assertThat(shellUntil("models", said -> said.contains("sample@2.0.0"))).contains("sample@2.0.0");
        } finally {
            Files.delete(dropped);
        }
    }

    /** The folder is looked at beside the first command. */
    private static String shellUntil(String command, Predicate<String> enough)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
        String said = shell(command);
        while (!enough.test(said) && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(1);
            said = shell(command);
        }
        return said;
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "LICENSE", "CHANGELOG.md", "docs/tutorial.md", "docs/vendor.md",
            "docs/topic/shell.md", "docs/topic/native-acrn.md", "plugins/README.txt", "cnf/jvm.options"})
    @DisplayName("what its reader needs is in it")
    void hasDocs(String file) {
        assertThat(unpacked.resolve(file)).isNotEmptyFile();
    }

    @Test
    @DisplayName("what vendors build against is in its repository")
    void hasWhatVendorsBuildAgainst() throws IOException {
        try (Stream<Path> files = Files.walk(unpacked.resolve("repository"))) {
            assertThat(files.map(path -> path.getFileName().toString()).filter(name -> name.endsWith(".jar")))
                    .anyMatch(name -> name.startsWith("hsm-api-")).anyMatch(name -> name.startsWith("tck-device-"))
                    .anyMatch(name -> name.startsWith("device-archetype-"));
        }
    }

    @Test
    @DisplayName("its index names the bundles as they are, and what they need is among them or the framework's")
    void indexResolves() throws Exception {
        var index = new RepositoryIndex(unpacked.resolve("index.xml"));
        assertThat(index.contents()).hasSizeGreaterThan(20).allSatisfy(content -> {
            assertThat(unpacked.resolve(content.path())).isRegularFile();
            assertThat(content.sha256()).isEqualTo(RepositoryIndex.sha256(unpacked.resolve(content.path())));
        });
        try (Stream<Path> bundles = Files.list(unpacked.resolve("bundles"))) {
            assertThat(bundles.map(path -> "bundles/" + path.getFileName()))
                    .containsExactlyInAnyOrderElementsOf(index.contents().stream().map(RepositoryIndex.Content::path)
                            .toList());
        }
        try (FileSystem framework = FileSystems.newFileSystem(Path.of(System.getProperty("cupule.jar")))) {
            assertThat(index.missing(name -> Files.isDirectory(framework.getPath(name.replace('.', '/')))))
                    .isEmpty();
        }
    }
}

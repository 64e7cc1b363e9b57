package org.cupule.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs Jazzer on each target for some seconds, and with {@code -Dcupule.long=true} for a minute and a half, from the
 * corpus that is kept and from seeds that are made anew ({@link Seeds}). A finding is a failure: the input is printed,
 * and belongs into the corpus with the correction.
 */
class FuzzTest {
    private static final boolean LONG = Boolean.getBoolean("cupule.long");
    private static final int SECONDS = LONG ? 90 : 10;
    static final int MAX_BYTES = 8192;
    /** A snapshot is longer than anything else. */
    static final int MAX_SNAPSHOT_BYTES = 131_072;
    private static final Path CORPUS = Path.of("corpus");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"ImageFuzz", "VmFileFuzz", "IoctlFuzz", "SocketFuzz", "HypercallFuzz", "SnapshotFuzz",
            "PluginJarFuzz", "DeviceStateFuzz"})
    void nothingButRefusals(String target) throws Exception {
        Path found = Files.createDirectory(folder.resolve("found"));
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(command(target, found)).redirectErrorStream(true)
                .redirectOutput(output.toFile()).directory(folder.toFile()).start();
        boolean ended = process.waitFor(SECONDS + 120, TimeUnit.SECONDS);
        process.destroyForcibly();
        String text = Files.readString(output);

        assertThat(ended).as("ended: %s", text).isTrue();
        assertThat(process.exitValue()).as("status: %s", text).isZero();
        assertThat(text).contains("DONE");
        System.out.printf("VERIFIED: fuzz %s: %s, findings 0%n", target,
                text.lines().filter(line -> line.startsWith("Done ")).findFirst().orElse("no runs counted"));
    }

    /** What is found goes into the first folder; the others are only read. */
    private Stream<String> folders(String target, Path found) throws IOException {
        Path seeds = Files.createDirectory(folder.resolve("seeds"));
        for (var seed : Seeds.of(target).entrySet()) {
            Files.write(seeds.resolve(seed.getKey()), seed.getValue());
        }
        return Stream.of(found, seeds, CORPUS.resolve(target).toAbsolutePath()).filter(Files::isDirectory)
                .map(Path::toString);
    }

    private List<String> command(String target, Path found) throws Exception {
        return Stream.concat(Stream.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-XX:+EnableDynamicAgentLoading", "-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "com.code_intelligence.jazzer.Jazzer", "--target_class=org.cupule.fuzz." + target,
                "--instrumentation_includes=org.cupule.**", "--disabled_hooks=.*", "-timeout=20",
                "-rss_limit_mb=0", "-max_len=" + (target.equals("SnapshotFuzz") ? MAX_SNAPSHOT_BYTES : MAX_BYTES),
                "-max_total_time=" + SECONDS, "-print_final_stats=1"),
                folders(target, found))
                .toList();
    }
}

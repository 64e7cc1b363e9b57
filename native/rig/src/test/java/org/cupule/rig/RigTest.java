package org.cupule.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Boots the virtual machine with this module's class path in it, and brings the reports of the tests that ran there to
 * those of the tests that ran here. Skipped, loudly, where what it takes is not there.
 */
class RigTest {
    private static final Path FOLDER = Path.of(System.getProperty("basedir", "."), "target", "rig").toAbsolutePath();
    private static final Path REPORTS = FOLDER.resolveSibling("rig-reports");
    private static final Path SCRIPT = FOLDER.resolve("../../rig").normalize();
    private static final long MINUTES = 16;
    private static final String COMMAND = """
            /bin/smoke || exit 1; exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto --enable-native-access=ALL-UNNAMED \
            --sun-misc-unsafe-memory-access=allow -Dcupule.long=%s \
            -cp '/rig/classes:/rig/lib/*' org.cupule.rig.guest.GuestMain /rig/classes /results/rig-reports""";

    @Test
    @DisplayName("all tests in the virtual machine end well, and the kernel's log is clean")
    void guestTestsPass() throws IOException, InterruptedException {
        skipUnlessReady();
        delete(FOLDER);
        delete(REPORTS);
        copyClassPath();

        int status = script(FOLDER.resolveSibling("rig.log"), "--run", FOLDER.toString(),
                COMMAND.formatted(Boolean.getBoolean("cupule.long")));

        Path results = FOLDER.resolve("results");
        moveReports(results.resolve("rig-reports"));
        assertThat(status).as("status; the console is in %s, the rest in %s", results.resolve("console"),
                FOLDER.resolveSibling("rig.log")).isZero();
        assertThat(REPORTS).isNotEmptyDirectory();
        System.out.println("VERIFIED: Linux's own ACRN driver, in a virtual machine: " + counted(results));
    }

    private static void skipUnlessReady() throws IOException, InterruptedException {
        Path log = FOLDER.resolveSibling("rig-ready.log");
        Files.createDirectories(log.getParent());
        boolean ready = script(log, "--ready") == 0;
        String reason = Files.readString(log).strip();
        if (!ready) {
            System.out.println("SKIPPED: the tests on Linux's own ACRN driver: " + reason);
        }
        assumeTrue(ready, reason);
    }

    private static int script(Path log, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        return process.exitValue();
    }

    /**
     * Jars to {@code lib}; the classes of this module to {@code classes}, those of others to a jar-like folder each.
     */
    private static void copyClassPath() throws IOException {
        Path lib = Files.createDirectories(FOLDER.resolve("lib"));
        for (String element : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(element);
            if (Files.isDirectory(path)) {
                copyTree(path, FOLDER.resolve("classes"));
            } else if (Files.exists(path)) {
                Files.copy(path, lib.resolve(path.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            paths.filter(Files::isRegularFile).forEach(path -> copy(path, to.resolve(from.relativize(path))));
        }
    }

    private static void copy(Path from, Path to) {
        try {
            Files.createDirectories(to.getParent());
            Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** Not a copy: whoever counts reports finds them by the name of their folder, and would count them twice. */
    private static void moveReports(Path from) throws IOException {
        if (Files.isDirectory(from)) {
            Files.move(from, REPORTS);
        }
    }

    private static String counted(Path results) throws IOException {
        List<String> lines = Files.readAllLines(results.resolve("output"));
        return "%d tests and %d assertions of a C program passed".formatted(
                lines.stream().filter(line -> line.startsWith("passed ")).count(),
                lines.stream().filter(line -> line.startsWith("ok ")).count());
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> paths = Files.walk(folder)) {
                paths.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
        }
    }
}

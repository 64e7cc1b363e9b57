package org.cupule.machine.pc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The committed binaries of our guests")
class GuestBinariesTest {
    /** Tests run in the folder of their bundle. */
    private static final Path GUESTS = Path.of("..", "..", "guests").toAbsolutePath().normalize();
    private static final String GCC = "12.2.0";
    private static final String NASM = "NASM version 2.16.01";

    @TempDir
    Path folder;

    /** Skips, loudly, where the tools are missing that made them: others make other bytes of the same meaning. */
    @BeforeEach
    void toolsAreThoseThatMadeThem() {
        String missing = missing();
        if (!missing.isEmpty()) {
            System.out.println("SKIPPED: the guests are not built again: " + missing);
        }
        assumeTrue(missing.isEmpty(), missing);
    }

    @Test
    void areWhatTheirSourcesGive() throws IOException {
        say(List.of("make", "-s", "-C", GUESTS.toString(), "OUT=" + folder, "OBJ=" + folder.resolve("objects"), "all"));

        List<Path> built = binaries(folder);
        assertThat(built).isEqualTo(binaries(GUESTS)).isNotEmpty();
        assertThat(built).allSatisfy(
                file -> assertThat(folder.resolve(file)).hasSameBinaryContentAs(GUESTS.resolve(file)));
    }

    private static List<Path> binaries(Path where) throws IOException {
        try (Stream<Path> files = Files.walk(where, 3)) {
            return files.map(where::relativize).filter(file -> file.getNameCount() == 3)
                    .filter(file -> file.getName(1).toString().equals("bin")).sorted().toList();
        }
    }

    private static String missing() {
        try {
            String gcc = say(List.of("gcc", "-dumpfullversion")).strip();
            String nasm = say(List.of("nasm", "-v"));
            say(List.of("make", "--version"));
            return !gcc.equals(GCC) ? "gcc is " + gcc + ", not " + GCC : !nasm.startsWith(NASM) ? "not " + NASM : "";
        } catch (IOException e) {
            return "gcc, nasm or make is not installed";
        }
    }

    private static String say(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).as("%s ends", command).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        assertThat(process.exitValue()).as("%s says %s", command, text).isZero();
        return text;
    }
}

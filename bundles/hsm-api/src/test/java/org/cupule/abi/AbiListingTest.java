package org.cupule.abi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The layouts against the specification's table, and against the C compiler's own with the system's header. */
class AbiListingTest {
    private static final Path HEADER = Path.of("/usr/include/linux/acrn.h");

    @Test
    @DisplayName("HSM-DEV-04 all encodings, sizes and offsets are those of the specification")
    void agreesWithTheSpecification() {
        List<String> facts = resource("facts.tsv").lines().toList();

        assertThat(facts).hasSizeGreaterThan(180);
        assertThat(AbiListing.lines()).containsAll(facts);
    }

    @Test
    @DisplayName("HSM-DEV-04 HSM-IOREQ-01 the listing is that of a C program over <linux/acrn.h>")
    void agreesWithTheHeader(@TempDir Path folder) throws IOException, InterruptedException {
        assumeTrue(Files.exists(HEADER), HEADER + " is not here (package linux-libc-dev)");
        assumeTrue(compilerIsThere(), "no C compiler 'cc' in PATH (package gcc)");
        Path source = Files.writeString(folder.resolve("abi.c"), resource("abi.c"));
        Path program = folder.resolve("abi");

        assertThat(run(folder, "cc", "-Wall", "-Werror", "-o", program.toString(), source.toString())).isEmpty();
        assertThat(run(folder, program.toString()).lines()).containsExactlyElementsOf(AbiListing.lines());
    }

    private static boolean compilerIsThere() {
        for (String folder : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(folder, "cc"))) {
                return true;
            }
        }
        return false;
    }

    private static String run(Path folder, String... command) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("%s has ended", command[0]).isTrue();
        String text = Files.readString(output);
        assertThat(process.exitValue()).as(text).isZero();
        return text;
    }

    private static String resource(String name) {
        try (InputStream stream = AbiListingTest.class.getResourceAsStream(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}

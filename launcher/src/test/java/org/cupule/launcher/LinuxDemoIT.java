package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * {@code cupule demo linux} as its user runs it: a short form, and with {@code -Dcupule.long=true} the whole. Skipped
 * where Linux's packages cannot be had.
 */
class LinuxDemoIT {
    private static final Path HOME = Path.of("target", "linux-home").toAbsolutePath();
    private static final int SWAPS = Boolean.getBoolean("cupule.long") ? 1000 : 60;
    private static final Pattern PAUSE = Pattern.compile("pause +(p50 \\d+ us, p99 \\d+ us)");

    @Test
    @DisplayName("Linux works on while all of its hardware is swapped: no checksum wrong, no request lost, no warning")
    void linuxNoticesNoSwap() throws Exception {
        Files.createDirectories(HOME);
        Process process = Jar.process(HOME, List.of("demo", "linux", "--swaps", String.valueOf(SWAPS))).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        int status = process.waitFor();
        requirePackages(status, output);

        assertThat(status).as(output).isZero();
        Matcher pause = PAUSE.matcher(output);
        assertThat(pause.find()).as(output).isTrue();
        assertThat(output).contains("swaps         %d, failed 0".formatted(SWAPS), "lost 0, served twice 0",
                "every checksum right");
        System.out.printf("VERIFIED: Linux on 2 processors: %d swaps of its hardware while it worked, pause %s%n",
                SWAPS,
                pause.group(1));
    }

    private static void requirePackages(int status, String output) {
        boolean missing = status == Status.HOST_FAILURE
                && (output.contains("--kernel FILE") || output.contains("apt-get"));
        if (missing) {
            System.out.println("SKIPPED: Linux is not swapped under: " + output.lines().findFirst().orElse(""));
        }
        assumeTrue(!missing, output);
    }
}

package org.cupule.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs all races in JVMs of their own: in one configuration for a second or two each, and with
 * {@code -Dcupule.long=true} in all of jcstress' compiler configurations.
 */
class RaceTest {
    private static final boolean LONG = Boolean.getBoolean("cupule.long");
    private static final Pattern RESULTS = Pattern.compile("Results: (\\d+) planned; (\\d+) passed");

    @TempDir
    Path folder;

    @Test
    void noForbiddenOutcomeIsSeen() throws Exception {
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(command()).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start();
        boolean ended = process.waitFor(LONG ? 60 : 10, TimeUnit.MINUTES);
        process.destroyForcibly();
        String text = Files.readString(output);

        assertThat(ended).as("ended: %s", text).isTrue();
        assertThat(process.exitValue()).as("status: %s", text).isZero();
        Matcher last = RESULTS.matcher(text).results().reduce((before, after) -> after)
                .map(found -> RESULTS.matcher(found.group())).orElseThrow();
        assertThat(last.matches()).isTrue();
        assertThat(last.group(2)).as("passed: %s", text).isEqualTo(last.group(1)).isNotEqualTo("0");
        System.out.println("VERIFIED: jcstress: " + last.group(1) + " runs of the races, forbidden outcomes 0");
    }

    private static List<String> command() {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "org.openjdk.jcstress.Main", "-r", "results", "-sc", "false", "-af", "NONE", "-f", "1", "-iters",
                "3", "-time", "300"));
        command.addAll(LONG
                ? List.of("-jvmArgsPrepend", "--enable-native-access=ALL-UNNAMED")
                : List.of("-jvmArgs", "-XX:+UseSerialGC --enable-native-access=ALL-UNNAMED"));
        return command;
    }
}

package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The one jar, as a process of its own. */
class LauncherIT {
    private static final long DEADLINE_SECONDS = 120;
    private static final int SIGTERM_STATUS = 128 + 15;

    @TempDir
    private Path folder;

    /** What a finished process left behind. */
    private record Outcome(int status, String out, String err) {
    }

    @Test
    void helpPrintsTheUsageAndSucceeds() throws Exception {
        var outcome = cupule(folder.resolve("home"), "help");

        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out()).startsWith("usage: cupule COMMAND");
        assertThat(outcome.status()).isZero();
    }

    @Test
    void helpOfACommandPrintsWhatTheCommandSays() throws Exception {
        var outcome = cupule(folder.resolve("home"), "help", "dev");

        assertThat(outcome.out()).startsWith("Usage: cupule dev").isEqualTo(cupule(folder.resolve("home"), "dev",
                "--help").out());
        assertThat(outcome.status()).isZero();
    }

    @Test
    void abiPrintsLinesThatProgramsCanCompare() throws Exception {
        var outcome = cupule(folder.resolve("home"), "abi");

        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out().lines()).contains("ioctl\tACRN_IOCTL_CREATE_VM\t0xc030a210",
                "sizeof\tacrn_io_request\t256\t256", "offset\tacrn_vdev.id.fields.legacy_id\t4\t4");
        assertThat(outcome.status()).isZero();
    }

    @Test
    @DisplayName("a command of the shell that prints while it runs is heard")
    void whatACommandOfTheShellPrintsIsHeard() throws Exception {
        var outcome = cupule(folder.resolve("home"), "shell", "-c", "tck -c reset org.cupule.sample");

        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out()).containsPattern("reset +pass");
        assertThat(outcome.status()).isZero();
    }

    @Test
    void noCommandIsAUsageError() throws Exception {
        var outcome = cupule(folder.resolve("home"));

        assertThat(outcome.err()).startsWith("usage: cupule COMMAND");
        assertThat(outcome.status()).isEqualTo(Status.USAGE);
    }

    @Test
    void unknownCommandIsAUsageErrorInOneSentence() throws Exception {
        var outcome = cupule(folder.resolve("home"), "fly(me)*");

        assertThat(outcome.err().lines()).singleElement().asString().contains("unknown command 'fly(me)*'");
        assertThat(outcome.status()).isEqualTo(Status.USAGE);
    }

    @Test
    void homeThatCannotBeMadeIsAHostFailureInOneSentence() throws Exception {
        var file = Files.createFile(folder.resolve("file"));

        var outcome = cupule(file.resolve("home"), "help");

        assertThat(outcome.err().lines()).singleElement().asString().contains("CUPULE_HOME");
        assertThat(outcome.status()).isEqualTo(Status.HOST_FAILURE);
    }

    @Test
    void aPluginThatCannotBeStoppedIsNamedAndNotWaitedForForEver() throws Exception {
        HangsInItsStop.into(folder.resolve("home/plugins/hangs.jar"));

        var outcome = cupule(folder.resolve("home"), "help");

        assertThat(outcome.err().lines()).singleElement().asString().contains("did not stop within 10 s",
                "acme.hangs 1.0.0");
        assertThat(outcome.status()).isZero();
    }

    @Test
    void leavesNothingOfTheProcessBehind() throws Exception {
        var home = folder.resolve("a home with blanks");

        cupule(home, "help");

        assertThat(home.resolve("run")).isEmptyDirectory();
    }

    @ParameterizedTest
    @DisplayName("a command that SIGTERM ends says nothing about it, and leaves nothing behind")
    @ValueSource(strings = {"run", "demo"})
    void saysNothingWhenItIsTerminated(String command) throws Exception {
        var home = folder.resolve("home");
        var process = process(home, command).start();
        try {
            assertThat(process.inputReader().readLine()).isNotNull();
            CompletableFuture.runAsync(() -> process.inputReader().lines().forEach(line -> {
            }));
            process.destroy();
            assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(folder.resolve("err")).isEmptyFile();
        assertThat(process.exitValue()).isEqualTo(SIGTERM_STATUS);
        assertThat(home.resolve("run")).isEmptyDirectory();
    }

    @Test
    @DisplayName("a signal in the middle of the start ends it, says nothing about it, and leaves nothing behind")
    void leavesNothingBehindWhenItIsTerminatedEarly() throws Exception {
        var home = folder.resolve("home");
        var runs = Files.createDirectories(home.resolve("run"));
        var process = process(home, "run").redirectOutput(folder.resolve("out").toFile()).start();
        try {
            awaitEntry(runs, process);
            process.destroy();
            assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(folder.resolve("out")).isEmptyFile();
        assertThat(folder.resolve("err")).isEmptyFile();
        assertThat(process.exitValue()).isEqualTo(SIGTERM_STATUS);
        assertThat(runs).isEmptyDirectory();
    }

    /** The framework's own folder is the first thing that its start leaves. */
    private static void awaitEntry(Path runs, Process process) throws IOException {
        boolean there = false;
        while (!there && process.isAlive()) {
            try (var files = Files.walk(runs)) {
                there = files.anyMatch(path -> path.endsWith("cache"));
            } catch (UncheckedIOException e) {
                there = false; // made or removed at this moment
            }
        }
    }

    private ProcessBuilder process(Path home, String... arguments) {
        var process = new ProcessBuilder(line(arguments)).redirectError(folder.resolve("err").toFile());
        process.environment().put("CUPULE_HOME", home.toString());
        return process;
    }

    private Outcome cupule(Path home, String... arguments) throws IOException, InterruptedException {
        var out = folder.resolve("out");
        var err = folder.resolve("err");
        var running = process(home, arguments).redirectOutput(out.toFile()).start();
        try {
            assertThat(running.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
            return new Outcome(running.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            running.destroyForcibly();
        }
    }

    private static List<String> line(String... arguments) {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var line = new ArrayList<>(List.of(java, "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-jar",
                System.getProperty("cupule.jar")));
        line.addAll(List.of(arguments));
        return line;
    }
}

package org.cupule.hsm.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.cupule.launch.CommandLine;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LinuxCommandTest {
    @TempDir
    Path home;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final LinuxCommand command = new LinuxCommand();
    private List<String> booted = List.of();
    private List<String> developed = List.of();
    private String name = "";
    private int status;

    @BeforeEach
    void bindRun() throws IOException {
        command.bind(map -> {
            CommandLine line = CommandLine.of(map);
            name = line.name();
            booted = line.arguments().contains("--help") ? booted : line.arguments();
            return line.arguments().contains("--bogus") ? LinuxCommand.USAGE : status;
        }, Map.of(CommandLine.COMMAND, LinuxCommand.RUN));
        command.bind(map -> {
            developed = CommandLine.of(map).arguments();
            return status;
        }, Map.of(CommandLine.COMMAND, LinuxCommand.DEV));
        Files.createDirectories(home.resolve("linux/busybox-static/bin"));
        Files.writeString(home.resolve("linux/busybox-static/bin/busybox"), "BUSYBOX");
        Path kernel = home.resolve("linux/linux-image-9.9-cloud-amd64");
        Files.createDirectories(kernel.resolve("boot"));
        Files.createDirectories(kernel.resolve("lib/modules/9.9/kernel"));
        Files.writeString(kernel.resolve("boot/vmlinuz-9.9"), "KERNEL");
    }

    private int apply(String... arguments) {
        var map = new HashMap<String, Object>(Map.of(CommandLine.ARGUMENTS, arguments, CommandLine.IN,
                InputStream.nullInputStream(), CommandLine.OUT, new PrintStream(out), CommandLine.ERR,
                new PrintStream(err), CommandLine.TERMINAL, false, CommandLine.HOME, home, CommandLine.BUNDLES, home,
                CommandLine.PLUGINS, home));
        return command.apply(map);
    }

    private String word(String option) {
        return booted.get(booted.indexOf(option) + 1);
    }

    @Test
    void bootsTheKernelThatWasFetchedBefore() {
        assertThat(apply()).isZero();

        assertThat(word("--kernel")).endsWith("boot/vmlinuz-9.9");
        assertThat(word("--append")).contains("console=ttyS0");
    }

    @Test
    void handsOnWhatItDoesNotKnow() {
        apply("--timeout", "5s", "--cpus", "2", "--deterministic");

        assertThat(booted).containsSequence("--cpus", "2").endsWith("--timeout", "5s", "--deterministic");
    }

    @Test
    void anOptionThatNobodyKnowsIsRefusedBeforeAnythingIsFetched() {
        assertThat(apply("--refresh", "--bogus")).isEqualTo(LinuxCommand.USAGE);

        assertThat(booted).isEmpty();
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void theRamDiskIsGoneAfterwards() {
        apply();

        assertThat(Path.of(word("--initrd"))).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({"7, 3", "3, 1", "1, 2", "255, 127"})
    void theScriptsStatusIsTheCommands(int ofRun, int ofScript) {
        status = ofRun;

        assertThat(apply("--", "exit " + ofScript)).isEqualTo(ofScript);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 6, 10, 12, 130})
    void theMachinesStatusIsTheCommandsToo(int ofRun) {
        status = ofRun;

        assertThat(apply()).isEqualTo(ofRun);
    }

    @Test
    void aScriptDoesNotGoWithARamDiskOfOnesOwn() {
        assertThat(apply("--initrd", "mine", "--", "true")).isEqualTo(LinuxCommand.USAGE);

        assertThat(err.toString()).contains("cannot go with --initrd");
        assertThat(booted).isEmpty();
    }

    @Test
    void writesTheRamDiskAloneAndNamesTheRest() throws IOException {
        Path file = home.resolve("made.cpio");

        assertThat(apply("--make-initrd", file.toString(), "--", "echo made")).isZero();

        assertThat(booted).isEmpty();
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).startsWith("070701").contains("echo made");
        assertThat(out.toString()).contains("boot/vmlinuz-9.9 --initrd " + file, "console=ttyS0");
    }

    @Test
    void letsRunSpeakInItsName() {
        apply();

        assertThat(name).isEqualTo("linux");
    }

    @Test
    void ownFilesNeedNothingFetched() {
        assertThat(apply("--kernel", "k", "--initrd", "i")).isZero();

        assertThat(word("--kernel")).isEqualTo("k");
        assertThat(word("--initrd")).isEqualTo("i");
    }

    @Test
    void theRestOfTheKernelsCommandLineIsTheUsers() {
        apply("--append", "quiet loglevel=3");

        assertThat(word("--append")).endsWith(" quiet loglevel=3");
    }

    @Test
    void aPluginIsDevelopedUnderLinux() {
        assertThat(apply("--dev", home.toString(), "--once")).isZero();

        assertThat(booted).isEmpty();
        assertThat(developed).startsWith(home.toString(), "--kernel").contains("--initrd", "--once");
    }

    @Test
    void aPluginThatIsNotThereIsRefusedBeforeAnythingIsFetched() {
        assertThat(apply("--refresh", "--dev", "nowhere")).isEqualTo(LinuxCommand.USAGE);

        assertThat(err.toString()).contains("'nowhere': it is not there");
        assertThat(developed).isEmpty();
    }

    @Test
    void theStatusOfABuildThatWasRefusedIsTheCommandsToo() {
        status = 1;

        assertThat(apply("--dev", home.toString(), "--once")).isEqualTo(1);
    }

    @Test
    void helpNamesTheOptions() {
        assertThat(apply("--help")).isZero();

        assertThat(out.toString()).contains("--cpus", "--memory", "--kernel", "--initrd", "-- SCRIPT");
    }
}

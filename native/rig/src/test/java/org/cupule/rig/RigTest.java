package org.cupule.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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
    private static final Path LOG = FOLDER.resolveSibling("rig.log");
    private static final Path REPORTS = FOLDER.resolveSibling("rig-reports");
    private static final Path SCRIPT = FOLDER.resolve("../../rig").normalize();
    private static final String PLUG_IN = "dev-sample-v2.jar";
    private static final boolean LONG = Boolean.getBoolean("cupule.long");
    private static final long MINUTES = LONG ? 90 : 20;
    private static final String JAVA = "java -XX:+UseSerialGC -Xshare:auto --enable-native-access=ALL-UNNAMED "
            + "--sun-misc-unsafe-memory-access=allow -cp '/rig/classes:/rig/lib/*' ";
    private static final String TESTS = JAVA + "-XX:TieredStopAtLevel=1 -Dcupule.long=" + LONG
            + " org.cupule.rig.guest.GuestMain /rig/classes /results/rig-reports";

    private static final Path LOAD = FOLDER.resolveSibling("rig-load");
    private static final Path LOAD_LOG = FOLDER.resolveSibling("rig-load.log");

    /** Runs a command of the guest's shell alone: no classes, no Java. @return the status of the run */
    private static int shell(String emulator, String command) throws IOException, InterruptedException {
        skipUnlessReady();
        Files.createDirectories(LOAD);
        return script(Map.of("CUPULE_RIG_EMULATOR", emulator), LOAD_LOG, "--run", LOAD.toString(), command);
    }

    /** What the driver says when it cannot be loaded is all that is wanted. */
    private static String loaded(String emulator, String command) throws IOException, InterruptedException {
        shell(emulator, command);
        return Files.readString(LOAD.resolve("results/output"));
    }

    @Test
    @DisplayName("a driver that is in use a moment longer than the command runs is waited for, and the run ends well")
    void usedForAMoment() throws IOException, InterruptedException {
        assertThat(shell("acrn", "exec 5</dev/acrn_hsm; sleep 1 &")).as("status, told in %s", LOAD_LOG).isZero();
        assertThat(Files.readString(LOAD.resolve("results/status")).strip()).isEqualTo("0");
    }

    @Test
    @DisplayName("a driver that stays in use makes the run of a command that ended well fail, and the reason is told")
    void usedForGood() throws IOException, InterruptedException {
        assertThat(shell("acrn", "exec 5</dev/acrn_hsm; sleep 3600 &")).isOne();
        assertThat(Files.readString(LOAD.resolve("results/status")).strip()).isEqualTo("97");
        assertThat(Files.readString(LOAD_LOG)).contains("rig: the driver is still in use ten seconds after")
                .contains("rig: the command in the guest ended with status 97");
    }

    @Test
    @DisplayName("HSM-CPUID-02 without the bit of a privileged VM the driver refuses to be loaded: EPERM")
    void privilegedBit() throws IOException, InterruptedException {
        assertThat(loaded("acrn", "rmmod acrn; echo N >/sys/module/cupule_rig/parameters/privileged; "
                + "insmod /lib/modules/acrn.ko; ls /dev/acrn_hsm; echo Y >/sys/module/cupule_rig/parameters/privileged; "
                + "insmod /lib/modules/acrn.ko; ls /dev/acrn_hsm"))
                .matches("(?s)[^\\n]*acrn.ko'?: Operation not permitted\\n[^\\n]*No such file or directory\\n"
                        + "/dev/acrn_hsm\\n");
    }

    @Test
    @DisplayName("HSM-CPUID-03 under another hypervisor's signature the driver refuses to be loaded: ENODEV")
    void signature() throws IOException, InterruptedException {
        assertThat(loaded("stock", "insmod /lib/modules/acrn.ko; ls /dev/acrn_hsm"))
                .matches("(?s)[^\\n]*acrn.ko'?: No such device\\n[^\\n]*acrn_hsm: No such file or directory\\n.*");
    }

    @Test
    @DisplayName("all tests in the virtual machine end well, and the kernel's log is clean")
    void guestTestsPass() throws IOException, InterruptedException {
        delete(REPORTS);
        int status = run("/bin/smoke || exit 1; exec " + TESTS);

        moveReports(FOLDER.resolve("results/rig-reports"));
        assertThat(status).as("status; the console is in %s, the rest in %s", FOLDER.resolve("results/console"), LOG)
                .isZero();
        assertThat(REPORTS).isNotEmptyDirectory();
        System.out.println("VERIFIED: Linux's own ACRN driver, in a virtual machine: " + counted());
    }

    @Test
    @DisplayName("requests served a second by native-acrn and by a C program are compared")
    void rate() throws IOException, InterruptedException {
        assumeTrue(LONG, "requests a second are counted in the long verification and by ./cupule rig --rate");
        // Both on one processor: what the host does to the emulator's other thread disturbs the figures most.
        assertThat(run("exec taskset 1 " + JAVA + "org.cupule.linux.acrn.Rate")).as("status, told in %s", LOG).isZero();
    }

    /** Runs a command in the guest, which has this module's class path. @return its status */
    private static int run(String command) throws IOException, InterruptedException {
        skipUnlessReady();
        delete(FOLDER);
        copyClassPath();
        int status = script(Map.of("CUPULE_RIG_SECONDS", Long.toString(MINUTES * 60 - 30)), LOG, "--run",
                FOLDER.toString(), command);
        output().stream().filter(line -> line.startsWith("VERIFIED: ")).forEach(System.out::println);
        return status;
    }

    private static List<String> output() throws IOException {
        return Files.readAllLines(FOLDER.resolve("results/output"));
    }

    private static void skipUnlessReady() throws IOException, InterruptedException {
        Path log = FOLDER.resolveSibling("rig-ready.log");
        Files.createDirectories(log.getParent());
        boolean ready = script(Map.of(), log, "--ready") == 0;
        String reason = Files.readString(log).strip();
        if (!ready) {
            System.out.println("SKIPPED: the tests on Linux's own ACRN driver: " + reason);
        }
        assumeTrue(ready, reason);
    }

    private static int script(Map<String, String> environment, Path log, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        return process.exitValue();
    }

    /**
     * Jars to {@code lib}; the classes of this module to {@code classes}; the platform as it is shipped, and a plug-in
     * that is inside it, to {@code platform}.
     */
    private static void copyClassPath() throws IOException {
        Path lib = Files.createDirectories(FOLDER.resolve("lib"));
        for (String element : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(element);
            if (Files.isDirectory(path)) {
                copyTree(path, FOLDER.resolve("classes"));
            } else if (path.getFileName().toString().startsWith("cupule-")) {
                copyPlatform(path, Files.createDirectories(FOLDER.resolve("platform")));
            } else if (Files.exists(path)) {
                Files.copy(path, lib.resolve(path.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static void copyPlatform(Path jar, Path to) throws IOException {
        Files.copy(jar, to.resolve("cupule.jar"), StandardCopyOption.REPLACE_EXISTING);
        try (FileSystem inside = FileSystems.newFileSystem(jar)) {
            Files.copy(inside.getPath("plugins", PLUG_IN), to.resolve(PLUG_IN), StandardCopyOption.REPLACE_EXISTING);
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

    private static String counted() throws IOException {
        return "%d tests and %d assertions of a C program passed".formatted(
                output().stream().filter(line -> line.startsWith("passed ")).count(),
                output().stream().filter(line -> line.startsWith("ok ")).count());
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> paths = Files.walk(folder)) {
                paths.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
        }
    }
}

package org.cupule.host.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.cupule.host.DeviceFile;
import org.cupule.host.Host;
import org.cupule.host.Keeper;
import org.cupule.tck.host.Soon;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that hold a device for this one. */
@Timeout(180)
class LinuxKeeperTest {
    private static final Host HOST = new LinuxHost();
    private static final Path DEVICE = Path.of("/dev/zero");

    @TempDir
    private Path folder;

    /** The last command writes what it was given into a file, whole or not at all. */
    private static List<String> writes(Path note) {
        return List.of("/bin/sh", "-c",
                "readlink /proc/self/fd/3 >$0.new; ls /proc/self/fd | wc -l >>$0.new; mv $0.new $0", note.toString());
    }

    /** A process with a keeper, which waits to be killed. */
    static final class Kept {
        private Kept() {
        }

        public static void main(String[] arguments) throws InterruptedException {
            DeviceFile file = HOST.open(DEVICE);
            System.out.println(HOST.keep(file, writes(Path.of(arguments[0]))).pid());
            Thread.currentThread().join();
        }
    }

    private static Process start(Path note) throws IOException {
        return new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Kept.class.getName(), note.toString()).start();
    }

    @Test
    void runsTheLastCommandWithTheDeviceWhenTheProcessIsKilled() throws IOException, InterruptedException {
        Path note = folder.resolve("note");
        Process process = start(note);
        String pid = process.inputReader().readLine();
        assertThat(note).doesNotExist();

        assertThat(process.destroyForcibly().waitFor(60, TimeUnit.SECONDS)).isTrue();

        Soon.await("the note", () -> Files.exists(note));
        assertThat(Files.readAllLines(note)).first().isEqualTo(DEVICE.toString());
        Soon.await("the end of the keeper", () -> ProcessHandle.of(Long.parseLong(pid)).isEmpty());
    }

    @Test
    void closedItIsGoneAndRunsNothing() throws IOException {
        Path note = folder.resolve("note");
        try (DeviceFile file = HOST.open(DEVICE)) {
            Keeper keeper = HOST.keep(file, writes(note));
            ProcessHandle process = ProcessHandle.of(keeper.pid()).orElseThrow();
            assertThat(Path.of("/proc", Long.toString(keeper.pid()), "fd/3")).isSymbolicLink();

            keeper.close();
            keeper.close();

            assertThat(process.isAlive()).isFalse();
            assertThat(note).doesNotExist();
        }
    }

    @Test
    void itHoldsNothingElseOfThisProcess() throws IOException {
        try (DeviceFile file = HOST.open(DEVICE); Keeper keeper = HOST.keep(file, writes(folder.resolve("note")))) {
            Path descriptors = Path.of("/proc", Long.toString(keeper.pid()), "fd");
            Soon.await("the shell", () -> descriptors.toFile().list().length == 4);
            assertThat(descriptors.toFile().list()).containsExactlyInAnyOrder("0", "1", "2", "3");
        }
    }

    @Test
    void manyComeAndGoAndNoDescriptorIsLeft() {
        try (DeviceFile file = HOST.open(DEVICE)) {
            HOST.keep(file, List.of("/bin/true")).close();
            String[] before = Path.of("/proc/self/fd").toFile().list();
            for (int i = 0; i < 20; i++) {
                HOST.keep(file, List.of("/bin/true")).close();
            }
            // Those of tests before this one may go meanwhile.
            assertThat(Path.of("/proc/self/fd").toFile().list()).hasSizeLessThanOrEqualTo(before.length);
        }
    }

    @Test
    void aClosedDeviceIsRefused() {
        DeviceFile file = HOST.open(DEVICE);
        file.close();
        assertThatThrownBy(() -> HOST.keep(file, List.of("/bin/true"))).isInstanceOf(HsmException.class)
                .hasMessageContaining("EBADF");
    }
}

package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The backend for ACRN itself in the one jar: where there is no device, and where another process of ours serves one,
 * to which the library of {@code native/hsm-preload} leads.
 */
class NativeAcrnIT {
    private static final long DEADLINE_SECONDS = 120;
    private static final Path DEVICE = Path.of("/dev/acrn_hsm");
    private static final Path ROOT = Path.of(System.getProperty("cupule.root"));
    private static final Path HELLO = ROOT.resolve("guests/hello/bin/hello.bin");

    @TempDir
    private Path folder;
    private Process server;

    /** What a finished process left behind. */
    private record Outcome(int status, String out, String err) {
    }

    @AfterEach
    void endServer() throws InterruptedException {
        if (server != null) {
            server.destroy();
            server.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS);
            server.destroyForcibly();
        }
    }

    private ProcessBuilder process(String name, List<String> options, String... arguments) {
        var line = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC"));
        line.addAll(options);
        line.addAll(List.of(arguments));
        var process = new ProcessBuilder(line).redirectError(folder.resolve(name + ".err").toFile())
                .redirectOutput(folder.resolve(name + ".out").toFile());
        process.environment().put("CUPULE_HOME", folder.resolve("home-" + name).toString());
        return process;
    }

    private static List<String> jar() {
        return List.of("-jar", System.getProperty("cupule.jar"));
    }

    private Outcome outcome(String name, ProcessBuilder process) throws IOException, InterruptedException {
        var running = process.start();
        try {
            assertThat(running.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).as("%s has ended", name).isTrue();
            return new Outcome(running.exitValue(), Files.readString(folder.resolve(name + ".out")),
                    Files.readString(folder.resolve(name + ".err")));
        } finally {
            running.destroyForcibly();
        }
    }

    private void serve(Path socket) throws IOException, InterruptedException {
        server = process("serve", jar(), "serve", socket.toString()).start();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (!Files.readString(folder.resolve("serve.out")).contains("serving")) {
            assertThat(server.isAlive() && System.nanoTime() - until < 0).as("the server").isTrue();
            Thread.yield();
        }
    }

    private Path preload() throws IOException, InterruptedException {
        assumeTrue(Files.exists(Path.of("/usr/include/linux/acrn.h")), "linux/acrn.h is not here (linux-libc-dev)");
        assumeTrue(Stream.of(System.getenv("PATH").split(":")).anyMatch(
                place -> Files.isExecutable(Path.of(place, "cc"))), "no C compiler 'cc' in PATH");
        Path library = folder.resolve("preload.so");
        Process compiler = new ProcessBuilder("cc", "-O2", "-fPIC", "-shared", "-o", library.toString(),
                ROOT.resolve("native/hsm-preload/hsm-preload.c").toString(), "-lpthread").inheritIO().start();
        assertThat(compiler.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(compiler.exitValue()).isZero();
        return library;
    }

    private Path machine(String image) throws IOException {
        return Files.writeString(folder.resolve("vm1.json"),
                "{\"name\": \"vm1\", \"hypervisor\": \"acrn\", \"behaviour\": \"acrn\", \"memory\": \"16M\", \"cpus\": 2, \"image\": {%s}}"
                        .formatted(image));
    }

    private Outcome onServedDevice(Path socket, Path library, String... arguments) throws Exception {
        var process = process("run", jar(), arguments);
        process.environment().put("LD_PRELOAD", library.toString());
        process.environment().put("CUPULE_HSM_SOCKET", socket.toString());
        return outcome("run", process);
    }

    @Test
    @DisplayName("a guest runs on the driver's interface as on sim: same words, same status")
    void guestRunsOnTheDriversInterface() throws Exception {
        Path library = preload();
        Path socket = folder.resolve("hsm.sock");
        serve(socket);

        var here = outcome("sim", process("sim", jar(), "run", HELLO.toString()));
        var there = onServedDevice(socket, library, "run",
                machine("\"file\": \"%s\"".formatted(HELLO)).toString());

        assertThat(there.err()).isEmpty();
        assertThat(there.out()).isEqualTo(here.out()).isNotBlank();
        assertThat(there.status()).isEqualTo(here.status());
    }

    @Test
    @DisplayName("a guest with two processors, devices and interrupts runs on the driver's interface, until its time is over")
    void demonstrationRunsOnTheDriversInterface() throws Exception {
        Path library = preload();
        Path socket = folder.resolve("hsm.sock");
        serve(socket);

        var there = onServedDevice(socket, library, "run", "--timeout=40s",
                machine("\"builtin\": \"demo\"").toString());

        assertThat(there.err()).contains("the time is over");
        assertThat(there.out()).contains("errors 0", "cpus 2");
    }

    @Test
    @DisplayName("where there is no device, whoever asks for it hears why, in one sentence")
    void absenceIsASentence() throws Exception {
        assumeTrue(Files.notExists(DEVICE), DEVICE + " is there");

        var outcome = outcome("run", process("run", jar(), "run", "--hypervisor=acrn", HELLO.toString()));

        assertThat(outcome.err().lines()).singleElement().asString().contains("no hypervisor 'acrn'",
                "/dev/acrn_hsm is not there", "there are [sim]");
        assertThat(outcome.status()).isEqualTo(Status.USAGE);
    }

    @Test
    @DisplayName("where native access is denied, the sentence says so, and guests run on sim")
    void denialIsASentence() throws Exception {
        var denied = List.of("--illegal-native-access=deny", "-cp", System.getProperty("cupule.jar"),
                Main.class.getName());

        var asked = outcome("run", process("run", denied, "run", "--hypervisor=acrn", HELLO.toString()));
        var other = outcome("sim", process("sim", denied, "run", HELLO.toString()));

        assertThat(asked.err()).contains("native access is denied", "--enable-native-access=ALL-UNNAMED");
        assertThat(asked.status()).isEqualTo(Status.USAGE);
        assertThat(other.out()).isNotBlank();
    }
}

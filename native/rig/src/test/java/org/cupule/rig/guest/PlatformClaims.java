package org.cupule.rig.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The platform as it is shipped, in a process of its own, on Linux's own driver: its shell makes a machine on
 * {@code acrn} whose device comes from a bundle; the test's threads are its vCPUs.
 *
 * <pre>
 *   this process --/dev/cupule_hv--> stand-in --> acrn.ko --/dev/acrn_hsm--> java -jar cupule.jar: hsm, machine, sample
 * </pre>
 */
class PlatformClaims {
    private static final Path JAR = Path.of("/rig/platform/cupule.jar");
    private static final long MINUTES = 8;
    private static final int VCPUS = 2; // that ask; a third one looks which model answers
    private static final int REQUESTS = Boolean.getBoolean("cupule.long") ? 20_000 : 300;
    private static final int MACHINE = 1;
    private static final int GATE = 2;
    private static final int RUNNING = 2;

    private static final int VIDEO_PAGES = 32;
    private static final int DEBUG_EXIT = 0xF4;
    private static final int CONFIG_ADDRESS = 0xCF8;
    private static final int CONFIG_DATA = 0xCFC;
    private static final int COMMAND = 0x8000_0000 | 3 << 11 | 4;
    private static final int PORTS = 0x8000_0000 | 3 << 11 | 0x14;
    private static final int MODEL = 4;
    private static final int LANES = 0x80;
    private static final int LANE_BYTES = 8;
    private static final int READS = 4;

    private static final Pattern ALL_SERVED = Pattern
            .compile("PAUSED\\R.*\\R.*\\R.*\\Rrequests: posted (\\d+), completed \\1, lost 0, twice 0");

    /**
     * The gate is a second machine, whose end lets the script go on: by then the first model has served. The emulated
     * processors may stand still for seconds, which is no device's fault.
     */
    private static final String SCRIPT = """
            settings org.cupule.machine call.millis=120000 grace.millis=120000 quiesce.millis=120000
            hypervisors
            create rig.json
            create gate.json
            start rig
            start gate
            await -t 400 gate
            deploy %s
            vm rig
            await -t 400 rig
            vm rig
            clients rig
            plugins
            destroy rig
            destroy gate
            """;

    @TempDir
    Path folder;

    private Process platform;

    @BeforeEach
    void begin() {
        StandIn.command("reset");
    }

    @AfterEach
    void end() throws InterruptedException {
        if (platform != null) {
            platform.destroyForcibly().waitFor();
        }
        // The keepers of what was not destroyed: the next test lets the stand-in forget it.
        Soon.until(() -> StandIn.counts()[2] == 0, Duration.ofMinutes(MINUTES));
    }

    private void start() throws IOException {
        machine("rig", VCPUS + 1, "4K",
                "{\"type\": \"org.cupule.sample\", \"name\": \"sample\", \"pci\": \"00:03.0\"},");
        machine("gate", 1, "2M", "");
        start(SCRIPT.formatted(Path.of("/rig/platform/dev-sample-v2.jar")));
    }

    private void start(String script) throws IOException {
        Files.writeString(folder.resolve("script"), script);
        ProcessBuilder builder = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--sun-misc-unsafe-memory-access=allow", "-jar",
                JAR.toString(), "shell", "script").directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile());
        builder.environment().put("CUPULE_HOME", folder.resolve("home").toString());
        platform = builder.start();
    }

    private void machine(String name, int cpus, String pages, String device) throws IOException {
        Files.writeString(folder.resolve(name + ".json"),
                """
                        {"name": "%s", "hypervisor": "acrn", "behaviour": "acrn", "memory": "8M", "pages": "%s", "cpus": %d, "acpi": false,
                         "devices": [%s {"type": "debugexit", "name": "exit"}]}
                        """
                        .formatted(name, pages, cpus, device));
    }

    private String output() throws IOException {
        return Files.readString(folder.resolve("output"));
    }

    private void awaitRunning(int vm) {
        Soon.until(() -> {
            assertThat(platform.isAlive()).as("the platform lives").isTrue();
            return StandIn.state(vm)[0] == RUNNING;
        }, Duration.ofMinutes(MINUTES));
    }

    private static int config(int register) {
        StandIn.out(MACHINE, 0, CONFIG_ADDRESS, 4, Integer.toUnsignedLong(register));
        return (int) StandIn.in(MACHINE, 0, CONFIG_DATA, 4);
    }

    /** {@return where the device's ports are, which it answers from now on} */
    private static int ports() {
        int base = config(PORTS) & ~3;
        StandIn.out(MACHINE, 0, CONFIG_ADDRESS, 4, Integer.toUnsignedLong(COMMAND));
        StandIn.out(MACHINE, 0, CONFIG_DATA, 2, 3);
        return base;
    }

    /** Each vCPU has a lane: what it reads is counted there, and what it writes must be the next number. */
    private static int ask(int vcpu, int lane, int number) {
        assertThat(StandIn.in(MACHINE, vcpu, lane + READS, 4)).as("reads of vCPU %d", vcpu).isEqualTo(number);
        StandIn.out(MACHINE, vcpu, lane, 4, number);
        assertThat(StandIn.in(MACHINE, vcpu, lane, 4)).as("writes of vCPU %d", vcpu).isEqualTo(number + 1L);
        return number + 1;
    }

    private static int serve(int vcpu, int ports, AtomicBoolean swapped) {
        int lane = ports + LANES + LANE_BYTES * vcpu;
        int number = 0;
        while (!swapped.get()) {
            number = ask(vcpu, lane, number);
        }
        for (int i = 0; i < REQUESTS; i++) {
            number = ask(vcpu, lane, number);
        }
        return number;
    }

    @Test
    @DisplayName("the shipped platform serves on ACRN with a device bundle that is swapped live: none lost, none twice")
    void swappedLive() throws Exception {
        start();
        awaitRunning(MACHINE);
        awaitRunning(GATE);
        assertThat(StandIn.state(MACHINE)[2]).as("regions, of small pages").isEqualTo(2048 - VIDEO_PAGES);
        assertThat(StandIn.state(GATE)[2]).as("the first of small pages, three huge").isEqualTo(512 - VIDEO_PAGES + 3);
        int ports = ports();
        assertThat(StandIn.in(MACHINE, 0, ports + MODEL, 4)).isEqualTo(1);
        AtomicBoolean swapped = new AtomicBoolean();
        List<CompletableFuture<Integer>> vcpus = List.of(
                CompletableFuture.supplyAsync(() -> serve(0, ports, swapped)),
                CompletableFuture.supplyAsync(() -> serve(1, ports, swapped)));

        StandIn.out(GATE, 0, DEBUG_EXIT, 4, 0);
        Soon.until(() -> StandIn.in(MACHINE, VCPUS, ports + MODEL, 4) == 2, Duration.ofMinutes(MINUTES));
        swapped.set(true);

        int served = 0;
        for (CompletableFuture<Integer> vcpu : vcpus) {
            served += 3 * vcpu.get(MINUTES, TimeUnit.MINUTES);
        }
        StandIn.out(MACHINE, 0, DEBUG_EXIT, 4, 0);
        assertThat(platform.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
        System.out.println(output());
        assertThat(platform.exitValue()).as(output()).isZero();
        assertThat(output()).containsPattern(ALL_SERVED);
        assertThat(StandIn.counts()).startsWith(2, 2, 0);
        System.out.printf(
                "VERIFIED: rig platform: the shipped jar on Linux's ACRN driver, a device bundle swapped while two"
                        + " vCPUs asked: %d requests posted and served, lost 0, twice 0%n",
                served);
    }

    @Test
    @DisplayName("the shipped platform, killed while its machine runs, leaves no VM to the hypervisor and the driver whole")
    void killed() throws Exception {
        long pinned = VmStat.pinned();
        machine("gate", 1, "4K", "");
        start("""
                create gate.json
                start gate
                await -t 400 gate
                """);
        awaitRunning(MACHINE);

        platform.destroyForcibly().waitFor();

        Soon.until(() -> StandIn.counts()[2] == 0, Duration.ofMinutes(MINUTES));
        Soon.until(() -> VmStat.pinned() == pinned, Duration.ofMinutes(MINUTES));
        assertThat(StandIn.counts()).startsWith(1, 1, 0);
        System.out
                .println("VERIFIED: rig platform: the shipped jar, killed while its machine ran, left nothing behind");
    }
}

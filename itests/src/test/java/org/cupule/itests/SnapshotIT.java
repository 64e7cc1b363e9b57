package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.inject.Inject;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.machine.Machine;
import org.cupule.machine.Machines;
import org.cupule.swap.Deployer;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;

/** A snapshot of the demonstration guest under load goes on elsewhere: in another process, or with another model. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class SnapshotIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @Inject
    private BundleContext context;
    @Inject
    private Machines machines;
    @Inject
    private Deployer deployer;

    private Path folder;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Before
    public void makeTheFolder() throws IOException {
        folder = Files.createTempDirectory("snapshot");
    }

    @After
    public void leaveNothing() throws IOException {
        machines.machines().forEach(Machine::close);
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile)
                    .forEach(file -> assertThat(file.delete()).isTrue());
        }
    }

    /** @return the counters at the end */
    private IoRequests.Counters saveTheDemonstration(Path file) throws Exception {
        try (var guest = RunningGuest.start(machines, "demo", 2, "")) {
            guest.awaitMore("round", 2);
            guest.machine().pause();
            guest.machine().save(file);
            return guest.counters();
        }
    }

    @Test
    public void snapshotOfTheRunningDemonstrationGoesOnInANewProcessWithoutALostRequest() throws Exception {
        Path file = folder.resolve("demo.snapshot");
        saveTheDemonstration(file);

        Process process = launcher("run", "--restore", file.toString(), "--timeout", "100s");
        var lines = new CopyOnWriteArrayList<String>();
        Thread reader = Thread.ofVirtual().start(() -> read(process, lines));
        try {
            for (int account = 1; account <= 3; account++) {
                int wanted = account;
                type(process, 'p');
                Await.until(() -> rounds(lines) >= wanted, PATIENCE, () -> "an account after 'p'; it said " + lines);
            }
            type(process, 'q');

            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("it ends; it said %s", lines)
                    .isTrue();
            assertThat(reader.join(PATIENCE)).isTrue();
            assertThat(lines).anyMatch(line -> line.startsWith("verdict: ok"));
            assertThat(process.exitValue()).as("0: powered off, no request lost or answered twice; it said %s", lines)
                    .isZero();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private static long rounds(List<String> lines) {
        return lines.stream().filter(line -> line.startsWith("round")).count();
    }

    private static void type(Process process, char letter) throws IOException {
        process.getOutputStream().write(letter);
        process.getOutputStream().flush();
    }

    private static void read(Process process, List<String> lines) {
        try (var out = new BufferedReader(new InputStreamReader(process.getInputStream(),
                StandardCharsets.ISO_8859_1))) {
            out.lines().map(String::strip).forEach(lines::add);
        } catch (IOException | java.io.UncheckedIOException ended) {
            lines.add("the pipe ended: " + ended);
        }
    }

    private Process launcher(String... arguments) throws IOException {
        var line = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC",
                "-jar", TestPlatform.launcher().toString()));
        line.addAll(List.of(arguments));
        var builder = new ProcessBuilder(line).redirectErrorStream(true);
        builder.environment().put("CUPULE_HOME", folder.resolve("home").toString());
        return builder.start();
    }

    @Test
    public void savedWithTheFirstLocalApicItGoesOnWithTheSecond() throws Exception {
        Path file = folder.resolve("demo.snapshot");
        IoRequests.Counters before = saveTheDemonstration(file);
        deployer.swap(TestPlatform.plugin("hw-lapic-v2").toUri(), PATIENCE);
        assertThat(Bundles.all(context, "hw-lapic")).hasSize(1);

        try (var guest = RunningGuest.of(machines.restore(file))) {
            assertThat(new Owners(context).target(guest.target("lapic1")).model().id()).isEqualTo("xapic@2.0.0");
            guest.machine().start();
            guest.report();

            assertThat(guest.verdict()).startsWith("verdict: ok").contains("errors 0");
            assertThat(guest.counters().lost() + guest.counters().twice()).isZero();
            assertThat(guest.counters().posted()).isGreaterThan(before.posted());
        } finally {
            deployer.swap(TestPlatform.started("hw-lapic").toUri(), PATIENCE);
        }
    }
}

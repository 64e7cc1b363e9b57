package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.Assume.assumeTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.inject.Inject;
import org.cupule.host.Host;
import org.cupule.host.SocketType;
import org.cupule.host.UnixConnection;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VirtualMachine;
import org.cupule.launch.CommandLine;
import org.cupule.types.HsmException;
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

/** A C program that knows only {@code <linux/acrn.h>}, over the preload library and the socket; and what it leaves. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class HsmSocketIT {
    private static final Path HEADER = Path.of("/usr/include/linux/acrn.h");
    private static final Path NATIVE = Path.of(System.getProperty("cupule.root"), "native");
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final String ROUND = """
            serial: %1$s
            copied: %1$s
            port: 2a
            memory: 1234
            written: 1234
            rings: 2
            """;

    @Inject
    private BundleContext context;
    @Inject
    private HypervisorServiceModule hsm;
    @Inject
    private Host host;

    private Path folder;
    private Path socket;
    private Thread server;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Before
    public void serve() throws Exception {
        folder = Files.createTempDirectory("hsm-socket");
        socket = folder.resolve("hsm.sock");
        server = Thread.ofPlatform().name("serve").start(this::command);
        Await.until(this::answers, DEADLINE, () -> "the socket");
    }

    /** The file is there a moment before somebody listens. */
    private boolean answers() {
        try {
            host.connect(socket, SocketType.PACKETS).close();
            return true;
        } catch (HsmException notYet) {
            return false;
        }
    }

    private void command() {
        try {
            var references = context.getServiceReferences(Function.class, "(" + CommandLine.COMMAND + "=serve)");
            @SuppressWarnings("unchecked")
            Function<Map<String, Object>, Integer> serve = context.getService(references.iterator().next());
            var words = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
            serve.apply(Map.of(CommandLine.ARGUMENTS, new String[]{socket.toString()}, CommandLine.IN,
                    InputStream.nullInputStream(), CommandLine.OUT, words, CommandLine.ERR, words, CommandLine.TERMINAL,
                    false,
                    CommandLine.HOME, folder, CommandLine.BUNDLES, folder, CommandLine.PLUGINS, folder));
        } catch (org.osgi.framework.InvalidSyntaxException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @After
    public void end() throws Exception {
        server.interrupt();
        assertThat(server.join(DEADLINE)).isTrue();
        assertThat(socket).doesNotExist();
        assertThat(hsm.machines()).isEmpty();
        Await.until(() -> threads().isEmpty(), DEADLINE, () -> "the end of " + threads());
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.startsWith("hsm-socket") || name.startsWith("vm")).toList();
    }

    private void compile() throws Exception {
        assumeTrue(HEADER + " is not here (package linux-libc-dev)", Files.exists(HEADER));
        assumeTrue("no C compiler 'cc' in PATH (package gcc)", Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(place -> Files.isExecutable(Path.of(place, "cc"))));
        run(List.of("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-o",
                folder.resolve("preload.so").toString(), NATIVE.resolve("hsm-preload/hsm-preload.c").toString(),
                "-lpthread"));
        run(List.of("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", folder.resolve("demo").toString(),
                NATIVE.resolve("hsm-demo/hsm-demo.c").toString()));
    }

    private String run(List<String> command) throws Exception {
        Path output = folder.resolve("output");
        Process process = preloaded(command).redirectOutput(output.toFile()).start();
        try {
            assertThat(process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)).as("%s has ended", command).isTrue();
            assertThat(process.exitValue()).as(Files.readString(output)).isZero();
            return Files.readString(output);
        } finally {
            process.destroyForcibly();
        }
    }

    private ProcessBuilder preloaded(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        if (command.getFirst().startsWith(folder.toString())) {
            builder.environment().put("LD_PRELOAD", folder.resolve("preload.so").toString());
            builder.environment().put("CUPULE_HSM_SOCKET", socket.toString());
        }
        return builder;
    }

    @Test
    public void programRunsItsGuestTwiceAndShutsDown() throws Exception {
        compile();

        String words = run(List.of(folder.resolve("demo").toString()));

        assertThat(words).isEqualTo(ROUND.formatted("malloc, static and mmap") + ROUND.formatted("once more")
                + "done\n");
        assertThat(hsm.machines()).isEmpty();
    }

    @Test
    public void programsDoNotDisturbEachOther() throws Exception {
        compile();
        Process other = preloaded(List.of(folder.resolve("demo").toString(), "attached")).start();
        try {
            awaitStage(other, "attached");
            VirtualMachine held = hsm.machines().getFirst();

            assertThat(run(List.of(folder.resolve("demo").toString()))).endsWith("done\n");

            assertThat(hsm.machines()).containsExactly(held);
        } finally {
            other.destroyForcibly();
        }
        awaitNoVm();
    }

    @Test
    public void programThatIsKilledLeavesNothing() throws Exception {
        compile();
        for (String stage : List.of("created", "memory", "attached", "request")) {
            Process program = preloaded(List.of(folder.resolve("demo").toString(), stage)).start();
            try {
                awaitStage(program, stage);
                assertThat(hsm.machines()).as(stage).hasSize(1);
            } finally {
                program.destroyForcibly();
            }
            assertThat(program.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            awaitNoVm();
            Await.until(() -> sharedMappings() == 0, DEADLINE, () -> sharedMappings() + " mappings to go");
        }
    }

    private void awaitNoVm() {
        Await.until(() -> hsm.machines().isEmpty(), DEADLINE, () -> "the end of " + hsm.machines());
    }

    private static void awaitStage(Process program, String stage) throws IOException {
        BufferedReader words = new BufferedReader(
                new InputStreamReader(program.getInputStream(), StandardCharsets.UTF_8));
        assertThat(words.readLine()).isEqualTo("at " + stage);
    }

    /** {@return how much of clients' memory this process has} */
    private static long sharedMappings() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("/memfd:hsm")).count();
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    @Test
    public void onlyTheOwnerMayConnect() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket))).isEqualTo("rw-------");
    }

    @Test
    public void secondServerOnTheSameSocketIsRefused() {
        assertThatThrownBy(() -> host.listen(socket, SocketType.PACKETS)).isInstanceOf(HsmException.class)
                .hasMessageContaining("EADDRINUSE");
    }

    @Test
    public void clientsThatBreakTheProtocolAreHungUpOn() {
        Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            try (UnixConnection client = host.connect(socket, SocketType.PACKETS)) {
                byte[] packet = new byte[1 + random.nextInt(600)];
                random.nextBytes(packet);
                packet[0] = (byte) random.nextInt(7);
                client.send(packet, List.of());
                assertThat(client.receive(600).end()).isTrue();
            }
        }
        assertThat(hsm.machines()).isEmpty();
    }
}

package org.cupule.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.cupule.swap.PluginEvent;
import org.cupule.swap.PluginState;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** What is installed comes back; what lies in the drop folder is installed. */
@Timeout(60)
class PersistenceTest {
    @TempDir
    Path folder;

    private Path home;
    private Path drops;
    private Jars jars;
    private Framework framework;
    private HeaderOwner owner;
    private TransactionalDeployer deployer;
    private int starts;

    @BeforeEach
    void start() throws Exception {
        home = folder.resolve("home");
        drops = home.resolve("plugins");
        jars = new Jars(Files.createDirectories(folder.resolve("jars")));
        framework = ServiceLoader.load(FrameworkFactory.class).findFirst().orElseThrow()
                .newFramework(Map.of("org.osgi.framework.storage", folder.resolve("cache" + starts++).toString(),
                        "org.osgi.framework.bsnversion", "multiple"));
        framework.start();
        owner = new HeaderOwner(framework.getBundleContext());
        deployer = new TransactionalDeployer(framework.getBundleContext(), home);
        deployer.addSwappable(owner);
    }

    @AfterEach
    void stop() throws Exception {
        deployer.end();
        framework.stop();
        framework.waitForStop(10_000);
    }

    private void restart() throws Exception {
        stop();
        start();
        deployer.begin();
    }

    // ---- the lock file

    @Test
    void whatWasPluggedComesBack() throws Exception {
        deployer.plug(jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));

        restart();

        assertThat(deployer.plugins()).extracting(plugin -> plugin.name() + plugin.version()).containsExactly(
                "acme.sensor1.0.0");
    }

    @Test
    void whatWasSwappedComesBackInPlaceOfTheOld() throws Exception {
        deployer.plug(jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        deployer.swap(jars.jar("acme.sensor", "2.0.0", "Test-Models", "sensor/analog"), Duration.ofSeconds(20));

        restart();

        assertThat(bundles()).contains("acme.sensor@2.0.0").doesNotContain("acme.sensor@1.0.0");
    }

    @Test
    void whatWasUnpluggedDoesNotComeBack() throws Exception {
        deployer.plug(jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        deployer.unplug("acme.sensor", false);

        restart();

        assertThat(deployer.plugins()).isEmpty();
    }

    @Test
    void aJarThatChangedSinceIsToldAndNotInstalled() throws Exception {
        deployer.plug(jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog", "Built", "again");

        restart();

        assertThat(deployer.plugins()).isEmpty();
        assertThat(last("acme.sensor@1.0.0").state()).isEqualTo(PluginState.MISSING);
        assertThat(last("acme.sensor@1.0.0").detail()).contains("has another content now", "hsm:deploy");
    }

    @Test
    void aJarThatIsNotThereIsToldUntilItIsForgotten() throws Exception {
        URI jar = jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog");
        deployer.plug(jar);
        Files.delete(Path.of(jar));

        restart();
        assertThat(last("acme.sensor@1.0.0").detail()).contains("does not come back", "hsm:unplug acme.sensor");
        assertThat(deployer.unplug("acme.sensor", false).steps()).singleElement().asString().contains(
                "not looked for any more");
        restart();

        assertThat(deployer.events()).isEmpty();
    }

    @Test
    void aDamagedLockFileLosesOnlyItsDamagedLines() throws Exception {
        deployer.plug(jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        Path lock = home.resolve("plugins.lock");
        Files.writeString(lock, "nonsense\nx y z file:///w\n" + Files.readString(lock) + "a b "
                + "0".repeat(64) + " :::\n");

        restart();

        assertThat(bundles()).contains("acme.sensor@1.0.0");
    }

    @Test
    void whatCameFromTheFolderOfTheProcessIsNotKept() throws Exception {
        jars = new Jars(Files.createDirectories(home.resolve("run").resolve("1").resolve("plugins")));
        deployer.plug(jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));

        restart();

        assertThat(deployer.events()).isEmpty();
    }

    @Test
    void whatTheLockFileSaysBesidesOutlivesAChange() throws Exception {
        deployer.plug(jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        Path lock = home.resolve("plugins.lock");
        byte[] remarks = "# f\u00fcr uns\nno entry at all\n".getBytes(StandardCharsets.ISO_8859_1);
        Files.write(lock, remarks, StandardOpenOption.APPEND);

        deployer.plug(jars.jar("acme.other", "1.0.0", "Test-Models", "sensor/analog"));

        assertThat(Files.readString(lock, StandardCharsets.ISO_8859_1)).contains("acme.sensor 1.0.0",
                "# f\u00fcr uns\n",
                "no entry at all\n", "acme.other 1.0.0");
    }

    @Test
    void aLocationThatNamesNoFileIsToldAndTheOthersComeBack() throws Exception {
        deployer.plug(jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        Files.writeString(home.resolve("plugins.lock"), "a 1.0.0 " + "0".repeat(64) + " file:foo.jar\n",
                StandardOpenOption.APPEND);

        restart();

        assertThat(bundles()).contains("acme.sensor@1.0.0");
        assertThat(last("a@1.0.0").state()).isEqualTo(PluginState.MISSING);
    }

    @Test
    void whatCannotBeNotedIsDoneAllTheSameAndTold() throws Exception {
        Files.createDirectories(home.resolve("plugins.lock"));
        URI jar = jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog");

        assertThat(deployer.plug(jar).steps()).last().asString().contains("will not come back at the next start",
                "EIO");

        assertThat(bundles()).contains("acme.sensor@1.0.0");
        assertThat(deployer.unplug("acme.sensor", false).steps()).last().asString().contains(
                "will come back at the next start");
    }

    @Test
    void aFarJarThatIsSlowHoldsNobodyUp() throws Exception {
        byte[] bytes = Files.readAllBytes(Path.of(jars.jar("acme.far", "1.0.0", "Test-Models", "sensor/analog")));
        var asked = new CountDownLatch(1);
        var near = new CountDownLatch(1);
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            URI far = URI.create("http://localhost:%d/far.jar".formatted(server.getLocalPort()));
            threads.submit(() -> {
                try (Socket socket = server.accept()) {
                    asked.countDown();
                    near.await();
                    socket.getOutputStream().write(("HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n".formatted(
                            bytes.length)).getBytes(StandardCharsets.US_ASCII));
                    socket.getOutputStream().write(bytes);
                }
                return null;
            });
            var plugged = threads.submit(() -> deployer.plug(far));
            asked.await();
            try {
                deployer.plug(jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
            } finally {
                near.countDown();
            }
            plugged.get();
        }

        assertThat(bundles()).contains("acme.sensor@1.0.0", "acme.far@1.0.0");
    }

    @Test
    void whoHasPatienceGetsItsTurn() throws Exception {
        var turn = new Turn();
        try (var threads = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            var all = IntStream.range(0, 8).mapToObj(number -> threads.submit(() -> turn.later("test", "" + number,
                    Duration.ofSeconds(20), () -> {
                        LockSupport.parkNanos(20_000_000);
                        return number;
                    }))).toList();

            assertThat(all).allSatisfy(one -> assertThat(one.get()).isNotNegative());
        }
    }

    // ---- the drop folder

    @Test
    void aFolderThatWasTakenAwayAndMadeAgainIsWatchedAgain() throws Exception {
        deployer.begin();
        drop("a.jar", "1.0.0");
        await(() -> bundles().contains("acme.sensor@1.0.0"));
        Files.delete(drops.resolve("a.jar"));
        Files.delete(drops);
        await(() -> !bundles().contains("acme.sensor@1.0.0"));

        drop("b.jar", "2.0.0");

        await(() -> bundles().contains("acme.sensor@2.0.0"));
    }

    @Test
    void aLookThatFailsIsNotTheLast() throws Exception {
        var fails = new AtomicInteger(1);
        var put = new ConcurrentLinkedQueue<String>();
        try (var watched = new DropFolder(drops, new DropFolder.Drops() {
            @Override
            public boolean put(Path file, boolean lastTry) {
                put.add(file.getFileName().toString());
                return 10 / (1 - fails.getAndSet(0)) > 0;
            }

            @Override
            public void taken(Path file) {
                put.remove(file.getFileName().toString());
            }
        })) {
            watched.watch();
            drop("a.jar", "1.0.0");
            await(() -> put.contains("a.jar"));

            drop("b.jar", "2.0.0");

            await(() -> put.contains("b.jar"));
        }
    }

    @Test
    void theEndWaitsForTheFileThatIsBeingDealtWith() throws Exception {
        var begun = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var dealtWith = new AtomicInteger();
        var seenAtTheEnd = new AtomicInteger();
        var watched = new DropFolder(drops, new DropFolder.Drops() {
            @Override
            public boolean put(Path file, boolean lastTry) {
                begun.countDown();
                awaitUninterruptibly(goOn);
                return dealtWith.incrementAndGet() > 0;
            }

            @Override
            public void taken(Path file) {
                // none is
            }
        });
        watched.watch();
        drop("a.jar", "1.0.0");
        begun.await();

        Thread closer = Thread.ofPlatform().start(() -> {
            watched.close();
            seenAtTheEnd.set(dealtWith.get());
        });
        await(() -> closer.getState() == Thread.State.TIMED_WAITING || !closer.isAlive());
        goOn.countDown();
        closer.join();

        assertThat(seenAtTheEnd).hasValue(1);
    }

    @Test
    void aJarThatIsPutThereIsPlugged() throws Exception {
        deployer.begin();

        drop("a.jar", "1.0.0");

        await(() -> bundles().contains("acme.sensor@1.0.0"));
    }

    @Test
    void aNewerVersionTakesThePlaceOfTheOld() throws Exception {
        deployer.begin();
        drop("a.jar", "1.0.0");
        await(() -> bundles().contains("acme.sensor@1.0.0"));
        owner.live("vm1.a", "sensor");

        drop("a-2.jar", "2.0.0");

        await(() -> !bundles().contains("acme.sensor@1.0.0"));
        assertThat(owner.targets()).extracting(target -> target.model().id()).containsExactly("analog@2.0.0");
    }

    @Test
    void anotherBuildOverTheOldFileIsSwapped() throws Exception {
        deployer.begin();
        drop("a.jar", "1.0.0");
        await(() -> bundles().contains("acme.sensor@1.0.0"));
        owner.live("vm1.a", "sensor");
        long before = owner.targets().getFirst().bundle();

        drop("a.jar", "1.0.0", "Built", "again");

        await(() -> owner.targets().getFirst().bundle() != before);
    }

    @Test
    void aJarThatIsTakenAwayIsUnplugged() throws Exception {
        deployer.begin();
        drop("a.jar", "1.0.0");
        await(() -> bundles().contains("acme.sensor@1.0.0"));

        Files.delete(drops.resolve("a.jar"));

        await(() -> !bundles().contains("acme.sensor@1.0.0"));
    }

    @Test
    void aJarThatIsTakenAwayWhileItIsInUseStaysAndThatIsTold() throws Exception {
        deployer.begin();
        drop("a.jar", "1.0.0");
        await(() -> bundles().contains("acme.sensor@1.0.0"));
        owner.live("vm1.a", "sensor");

        Files.delete(drops.resolve("a.jar"));

        await(() -> told(PluginState.REFUSED, "was taken away").contains("vm1.a"));
        assertThat(bundles()).contains("acme.sensor@1.0.0");
    }

    @Test
    void aJarThatIsRenamedStays() throws Exception {
        deployer.begin();
        drop("a.jar", "1.0.0");
        await(() -> bundles().contains("acme.sensor@1.0.0"));
        long bundle = deployer.plugins().getFirst().bundle();

        Files.move(drops.resolve("a.jar"), drops.resolve("b.jar"));
        drop("c.jar", "2.0.0", "Bundle-Name", "other");
        await(() -> bundles().contains("acme.sensor@2.0.0"));

        assertThat(deployer.events().stream().filter(event -> event.operation().equals("unplug")
                && event.state() == PluginState.REQUESTED)).isEmpty();
        assertThat(bundle).isPositive();
    }

    @Test
    void aHalfWrittenJarIsWaitedFor() throws Exception {
        deployer.begin();
        byte[] whole = Files.readAllBytes(Path.of(jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog")));
        Path file = drops.resolve("a.jar");

        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        drop("b.jar", "1.0.0", "Bundle-SymbolicName", "acme.other");
        await(() -> bundles().contains("acme.other@1.0.0"));
        Files.write(file, whole);

        await(() -> bundles().contains("acme.sensor@1.0.0"));
        assertThat(told(PluginState.REFUSED, "a.jar")).isEmpty();
    }

    @Test
    void whatIsNoPluginIsToldAndMendedByAnotherFile() throws Exception {
        deployer.begin();
        Files.writeString(drops.resolve("a.jar"), "no jar at all");
        await(() -> told(PluginState.REFUSED, "a.jar").contains("damaged"));

        drop("a.jar", "1.0.0");

        await(() -> bundles().contains("acme.sensor@1.0.0"));
    }

    @Test
    void whatLiesThereAtTheStartIsInstalled() throws Exception {
        Files.createDirectories(drops);
        drop("a.jar", "1.0.0");

        deployer.begin();

        assertThat(bundles()).contains("acme.sensor@1.0.0");
    }

    @Test
    void whatWasTakenFromTheFolderBetweenTwoStartsIsToldOnce() throws Exception {
        Files.createDirectories(drops);
        drop("a.jar", "1.0.0");
        deployer.begin();
        deployer.end();
        Files.delete(drops.resolve("a.jar"));

        restart();
        assertThat(last("acme.sensor@1.0.0").detail()).contains("was taken away while Cupule did not run");
        restart();

        assertThat(deployer.events()).isEmpty();
    }

    // ---- signers

    @Test
    void aListOfSignersKeepsOutWhatIsNotSigned() throws Exception {
        URI jar = jars.jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog");
        PluginJar unsigned = PluginJar.read(jar);

        assertThatThrownBy(() -> Signers.of("00".repeat(32)).require(unsigned)).isInstanceOf(HsmException.class)
                .hasMessageContaining("is not signed").hasMessageContaining("'signers' of org.cupule.deployer")
                .hasMessageContaining("EACCES");
        Signers.of().require(unsigned);
    }

    @Test
    void refusesAFingerprintThatIsNone() {
        assertThatThrownBy(() -> Signers.of("AB:CD")).hasMessageContaining("'abcd'").hasMessageContaining(
                "no SHA-256 fingerprint");
    }

    private void drop(String file, String version, String... headers) throws Exception {
        Files.createDirectories(drops);
        String[] all = Arrays.copyOf(headers, headers.length + 2);
        all[headers.length] = "Test-Models";
        all[headers.length + 1] = "sensor/analog";
        Path made = Path.of(jars.jar("acme.sensor", version, all));
        Files.move(made, drops.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }

    private PluginEvent last(String plugin) {
        return deployer.events().stream().filter(event -> event.plugin().equals(plugin)).reduce((a, b) -> b)
                .orElseThrow();
    }

    private String told(PluginState state, String word) {
        return deployer.events().stream().filter(event -> event.state() == state)
                .map(event -> event.plugin() + " " + event.detail()).filter(text -> text.contains(word)).findFirst()
                .orElse("");
    }

    private List<String> bundles() {
        return Arrays.stream(framework.getBundleContext().getBundles())
                .filter(bundle -> bundle.getState() == Bundle.ACTIVE).map(Wiring::name).toList();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("the condition comes in time").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }
}

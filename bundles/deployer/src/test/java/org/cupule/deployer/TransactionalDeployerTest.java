package org.cupule.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import org.cupule.swap.Deployer.Plugin;
import org.cupule.swap.PluginEvent;
import org.cupule.swap.PluginState;
import org.cupule.swap.SwapReport;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** Transactions on a real framework; the owner of instances is a fake. */
class TransactionalDeployerTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    private static ClassLoader holder;

    private Framework framework;
    private HeaderOwner owner;
    private TransactionalDeployer deployer;

    @BeforeEach
    void start() throws Exception {
        framework = ServiceLoader.load(FrameworkFactory.class).findFirst().orElseThrow()
                .newFramework(Map.of("org.osgi.framework.storage", folder.resolve("cache").toString(),
                        "org.osgi.framework.bsnversion", "multiple"));
        framework.start();
        owner = new HeaderOwner(framework.getBundleContext());
        deployer = new TransactionalDeployer(framework.getBundleContext(), (Path) null);
        deployer.addSwappable(owner);
    }

    @AfterEach
    void stop() throws Exception {
        framework.stop();
        framework.waitForStop(10_000);
    }

    @Test
    void plugInstallsStartsAndListsWhatIsOffered() throws IOException {
        var done = deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));

        assertThat(done.plugin().models()).containsExactly("sensor/analog@1.0.0");
        assertThat(deployer.plugins()).containsExactly(done.plugin());
    }

    @Test
    void refusesTheSameVersionTwice() throws IOException {
        URI jar = jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog");
        deployer.plug(jar);

        assertErrno(Errno.EEXIST, () -> deployer.plug(jar));
    }

    @Test
    void plugRefusesAnotherBuildOfAnInstalledVersionAndSaysHowToDeployIt() throws IOException {
        deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        URI rebuilt = jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog", "Built", "again");

        assertThatThrownBy(() -> deployer.plug(rebuilt)).isInstanceOf(HsmException.class)
                .hasMessageContaining("EEXIST").hasMessageContaining("hsm:deploy");
    }

    @Test
    void swapMovesToAnotherBuildOfTheSameVersion() throws IOException {
        long old = deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog")).plugin().bundle();
        owner.live("vm1.a", "sensor");

        var done = deployer.swap(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog", "Built", "again"),
                DEADLINE);

        assertThat(done.swaps()).extracting(SwapReport::target).containsExactly("vm1.a");
        assertThat(owner.targets().getFirst().bundle()).isEqualTo(done.plugin().bundle()).isNotEqualTo(old);
        assertThat(framework.getBundleContext().getBundle(old)).isNull();
        assertThat(deployer.plugins()).containsExactly(done.plugin());
    }

    @Test
    void swapRefusesJustTheSameBuild() throws IOException {
        URI jar = jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog");
        deployer.plug(jar);
        owner.live("vm1.a", "sensor");

        assertErrno(Errno.EEXIST, () -> deployer.swap(jar, DEADLINE));
    }

    @Test
    void anotherBuildThatFailsLeavesThePresentOneAtItsPlace() throws IOException {
        long old = deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog")).plugin().bundle();
        owner.live("vm1.a", "sensor");
        owner.failing.add("vm1.a");
        URI rebuilt = jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog", "Built", "again");

        assertErrno(Errno.EIO, () -> deployer.swap(rebuilt, DEADLINE));
        assertThat(owner.targets().getFirst().bundle()).isEqualTo(old);
        assertThat(bundles()).containsOnlyOnce("acme.sensor@1.0.0");
    }

    @Test
    void theHashOfAPluginIsThatOfItsJarWhoeverInstalledIt() throws Exception {
        URI jar = jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog");
        String expected = PluginJar.sha256(Files.readAllBytes(Path.of(jar)));
        framework.getBundleContext().installBundle("reference:" + jar).start();

        assertThat(deployer.plugins()).extracting(Plugin::sha256).containsExactly(expected);
        assertThat(deployer.plugins()).extracting(Plugin::location).containsExactly(jar.toString());
    }

    @Test
    void refusesWhatIsNotThere() {
        assertErrno(Errno.ENOENT, () -> deployer.plug(folder.resolve("none.jar").toUri()));
        assertErrno(Errno.EINVAL, () -> deployer.plug(URI.create("no-scheme")));
    }

    @Test
    void refusesWhatIsNoBundle() throws IOException {
        Path text = Files.writeString(folder.resolve("text.jar"), "not a jar");

        assertErrno(Errno.EINVAL, () -> deployer.plug(text.toUri()));
    }

    @Test
    void namesWhatIsMissingWhenABundleDoesNotResolveAndLeavesNothing() throws IOException {
        URI jar = jar("acme.sensor", "1.0.0", "Import-Package", "com.acme.nowhere");
        List<String> before = bundles();

        assertThatThrownBy(() -> deployer.plug(jar)).isInstanceOf(HsmException.class)
                .hasMessageContaining("com.acme.nowhere");
        assertThat(bundles()).isEqualTo(before);
    }

    @Test
    void refusesAPluginThatExportsPackages() throws IOException {
        URI jar = jar("acme.sensor", "1.0.0", "Export-Package", "com.acme.api");
        List<String> before = bundles();

        assertErrno(Errno.EINVAL, () -> deployer.plug(jar));
        assertThat(bundles()).isEqualTo(before);
    }

    @Test
    void swapMovesEveryInstanceAndUninstallsTheLoser() throws IOException {
        deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        owner.live("vm1.a", "sensor");
        owner.live("vm1.b", "sensor");

        var done = deployer.swap(jar("acme.sensor", "2.0.0", "Test-Models", "sensor/analog"), DEADLINE);

        assertThat(done.swaps()).extracting(SwapReport::target).containsExactly("vm1.a", "vm1.b");
        assertThat(owner.targets()).extracting(target -> target.model().id()).containsOnly("analog@2.0.0");
        assertThat(bundles()).doesNotContain("acme.sensor@1.0.0").contains("acme.sensor@2.0.0");
    }

    @Test
    void swapThatFailsHalfWayMovesBackAndUninstallsTheNewOne() throws IOException {
        deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        owner.live("vm1.a", "sensor");
        owner.live("vm1.b", "sensor");
        owner.failing.add("vm1.b");
        URI next = jar("acme.sensor", "2.0.0", "Test-Models", "sensor/analog");

        assertErrno(Errno.EIO, () -> deployer.swap(next, DEADLINE));
        assertThat(owner.targets()).extracting(target -> target.model().id()).containsOnly("analog@1.0.0");
        assertThat(bundles()).contains("acme.sensor@1.0.0").doesNotContain("acme.sensor@2.0.0");
    }

    @Test
    void swapTakesThePlaceOfAnotherImplementationOfTheKind() throws IOException {
        deployer.plug(jar("acme.ept", "1.0.0", "Test-Models", "ept/levels"));
        owner.live("vm1.ept", "ept");

        deployer.swap(jar("other.ept", "1.0.0", "Test-Models", "ept/interval"), DEADLINE);

        assertThat(owner.targets()).extracting(target -> target.model().name()).containsExactly("interval");
        assertThat(bundles()).doesNotContain("acme.ept@1.0.0");
    }

    @Test
    void swapWithoutAPredecessorIsRefused() throws IOException {
        URI jar = jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog");
        List<String> before = bundles();

        assertErrno(Errno.EINVAL, () -> deployer.swap(jar, DEADLINE));
        assertThat(bundles()).isEqualTo(before);
    }

    @Test
    void swapRefusesAPluginThatOffersNoSuccessor() throws IOException {
        deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        owner.live("vm1.a", "sensor");
        URI next = jar("acme.sensor", "2.0.0", "Test-Models", "display/led");

        assertErrno(Errno.EINVAL, () -> deployer.swap(next, DEADLINE));
        assertThat(bundles()).contains("acme.sensor@1.0.0").doesNotContain("acme.sensor@2.0.0");
    }

    @Test
    void unplugRefusesWhatIsInUseAndNamesTheUsers() throws IOException {
        deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        owner.live("vm1.a", "sensor");

        assertThatThrownBy(() -> deployer.unplug("acme.sensor", false)).hasMessageContaining("vm1.a");
        assertThat(bundles()).contains("acme.sensor@1.0.0");
    }

    @Test
    void unplugByForceUninstallsWhatIsInUse() throws IOException {
        deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        owner.live("vm1.a", "sensor");

        deployer.unplug("acme.sensor@1.0.0", true);

        assertThat(bundles()).doesNotContain("acme.sensor@1.0.0");
    }

    @Test
    void unplugRefusesWhatOthersAreWiredToAndNamesTheChain() throws Exception {
        Bundle base = framework.getBundleContext().installBundle(
                jar("acme.base", "1.0.0", "Export-Package", "com.acme.api", "Test-Models", "sensor/x").toString());
        base.start();
        framework.getBundleContext().installBundle(jar("acme.user", "1.0.0", "Import-Package", "com.acme.api")
                .toString()).start();

        assertThatThrownBy(() -> deployer.unplug("acme.base", true)).isInstanceOf(HsmException.class)
                .hasMessageContaining("acme.base@1.0.0 -> acme.user@1.0.0 by package com.acme.api")
                .hasMessageContaining("EBUSY");
    }

    @Test
    void namesTheWholeChainDownToWhatLivesOnIt() throws Exception {
        start("acme.base", "Export-Package", "com.acme.api", "Test-Models", "sensor/x");
        start("acme.middle", "Import-Package", "com.acme.api", "Provide-Capability", "acme.thing");
        start("acme.user", "Require-Capability", "acme.thing", "Test-Models", "display/led");
        owner.live("vm1.led", "display");

        assertThatThrownBy(() -> deployer.unplug("acme.base", true)).hasMessageContaining(
                "acme.base@1.0.0 -> acme.middle@1.0.0 by package com.acme.api -> acme.user@1.0.0 by acme.thing")
                .hasMessageContaining("under vm1.led");
        assertThat(bundles()).contains("acme.base@1.0.0", "acme.middle@1.0.0", "acme.user@1.0.0");
    }

    @Test
    void unplugIsDoneWhenTheClassLoaderIsCollected() throws IOException {
        deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));

        var done = deployer.unplug("acme.sensor", false);

        assertThat(done.steps().getLast()).isEqualTo("gone: its class loader is collected");
        assertThat(deployer.leaks()).isEmpty();
        assertThat(states("acme.sensor@1.0.0")).containsExactly(PluginState.REQUESTED, PluginState.RESOLVED,
                PluginState.ACTIVE, PluginState.REQUESTED, PluginState.QUIESCED, PluginState.UNINSTALLED,
                PluginState.GONE);
    }

    @Test
    void aStaticFieldThatHoldsAnUnpluggedLoaderIsNamed() throws IOException {
        Bundle bundle = framework.getBundleContext().getBundle(
                deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog")).plugin().bundle());
        holder = Wiring.loader(bundle);

        var done = deployer.unplug("acme.sensor", false);

        assertThat(done.steps().getLast()).startsWith("LEAKED").contains("hsm:leaks");
        assertThat(deployer.leaks()).anySatisfy(leak -> {
            assertThat(leak.plugin()).isEqualTo("acme.sensor@1.0.0");
            assertThat(leak.kind()).isEqualTo("static");
            assertThat(String.join("\n", leak.path())).contains("static holder");
        });
        holder = null;
        assertThat(deployer.leaks()).isEmpty();
        assertThat(states("acme.sensor@1.0.0")).endsWith(PluginState.LEAKED, PluginState.GONE);
    }

    @Test
    void whatIsRefusedIsRemembered() throws IOException {
        URI jar = jar("acme.sensor", "1.0.0", "Import-Package", "com.acme.nowhere");

        assertErrno(Errno.EINVAL, () -> deployer.plug(jar));

        assertThat(states("acme.sensor@1.0.0")).containsSubsequence(PluginState.REQUESTED, PluginState.REFUSED);
    }

    @Test
    void aRequestThatIsGoingOnAlreadyIsRefusedAsSuch() throws IOException {
        deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        owner.live("vm1.a", "sensor");
        URI next = jar("acme.sensor", "2.0.0", "Test-Models", "sensor/analog");
        var refusal = new CompletableFuture<Throwable>();
        owner.duringSwap = () -> CompletableFuture.runAsync(() -> deployer.swap(next, DEADLINE))
                .whenComplete((done, failure) -> refusal.complete(failure)).exceptionally(failure -> null).join();

        deployer.swap(next, DEADLINE);

        assertThat(refusal.join()).hasRootCauseInstanceOf(HsmException.class).hasMessageContaining("EALREADY");
    }

    @Test
    void anInstanceInQuarantineGoesBackToTheBundleWhosePlaceWasTaken() throws IOException {
        deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        owner.live("vm1.a", "sensor");
        deployer.swap(jar("acme.sensor", "2.0.0", "Test-Models", "sensor/analog"), DEADLINE);
        owner.quarantine("vm1.a");

        deployer.quarantined(owner, "vm1.a");

        assertThat(owner.targets()).extracting(target -> target.model().id()).containsExactly("analog@1.0.0");
        assertThat(bundles()).contains("acme.sensor@1.0.0", "acme.sensor@2.0.0");
        assertThat(deployer.events().getLast().detail()).contains("analog@2.0.0 failed").contains(
                "analog@1.0.0 goes on");
    }

    @Test
    void anInstanceInQuarantinePrefersAnEarlierVersionThatIsInstalled() throws IOException {
        deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        deployer.plug(jar("acme.sensor", "2.0.0", "Test-Models", "sensor/analog"));
        deployer.plug(jar("acme.sensor", "3.0.0", "Test-Models", "sensor/analog"));
        owner.live("vm1.a", "sensor", "3.0.0");
        owner.quarantine("vm1.a");

        deployer.quarantined(owner, "vm1.a");

        assertThat(owner.targets()).extracting(target -> target.model().id()).containsExactly("analog@2.0.0");
        owner.quarantine("vm1.a");
        deployer.quarantined(owner, "vm1.a");
        assertThat(owner.targets()).extracting(target -> target.model().id()).containsExactly("analog@1.0.0");
        owner.quarantine("vm1.a");
        deployer.quarantined(owner, "vm1.a");
        assertThat(owner.targets()).extracting(target -> target.status()).containsExactly("quarantined: it fails");
    }

    @Test
    void aBuildThatReplacesARolledBackOneTakesThePlaceOfBoth() throws IOException {
        deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        owner.live("vm1.a", "sensor");
        owner.live("vm1.b", "sensor");
        deployer.swap(jar("acme.sensor", "2.0.0", "Test-Models", "sensor/analog"), DEADLINE);
        owner.quarantine("vm1.a");
        deployer.quarantined(owner, "vm1.a");

        deployer.swap(jar("acme.sensor", "2.0.1", "Test-Models", "sensor/analog"), DEADLINE);

        assertThat(owner.targets()).extracting(target -> target.model().id()).containsOnly("analog@2.0.1");
        assertThat(bundles()).contains("acme.sensor@2.0.1").doesNotContain("acme.sensor@1.0.0", "acme.sensor@2.0.0");
    }

    private void start(String name, String... headers) throws Exception {
        framework.getBundleContext().installBundle(jar(name, "1.0.0", headers).toString()).start();
    }

    private List<PluginState> states(String plugin) {
        return deployer.events().stream().filter(event -> event.plugin().equals(plugin)).map(PluginEvent::state)
                .toList();
    }

    @Test
    void unplugRefusesUnknownNamesAndBundlesThatAreNoPlugins() throws Exception {
        framework.getBundleContext().installBundle(jar("acme.library", "1.0.0").toString()).start();

        assertErrno(Errno.ENOENT, () -> deployer.unplug("nobody", false));
        assertErrno(Errno.EINVAL, () -> deployer.unplug("acme.library", false));
    }

    @Test
    void aSecondDeploymentDuringTheFirstIsRefused() throws IOException {
        deployer.plug(jar("acme.sensor", "1.0.0", "Test-Models", "sensor/analog"));
        owner.live("vm1.a", "sensor");
        URI next = jar("acme.sensor", "2.0.0", "Test-Models", "sensor/analog");
        URI other = jar("acme.other", "1.0.0");
        var refusal = new CompletableFuture<Throwable>();
        owner.duringSwap = () -> CompletableFuture.runAsync(() -> deployer.plug(other))
                .whenComplete((done, failure) -> refusal.complete(failure)).exceptionally(failure -> null).join();

        deployer.swap(next, DEADLINE);

        assertThat(refusal.join()).hasRootCauseInstanceOf(HsmException.class).hasMessageContaining("EBUSY");
        assertThat(bundles()).doesNotContain("acme.other@1.0.0");
    }

    private List<String> bundles() {
        return Arrays.stream(framework.getBundleContext().getBundles()).map(Wiring::name).toList();
    }

    private URI jar(String name, String version, String... headers) throws IOException {
        return new Jars(folder).jar(name, version, headers);
    }

    private static void assertErrno(Errno errno, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(HsmException.class,
                failure -> assertThat(failure.errno()).isEqualTo(errno));
    }
}

package org.cupule.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
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
    private static final Duration DEADLINE = Duration.ofSeconds(1);

    @TempDir
    Path folder;

    private Framework framework;
    private HeaderOwner owner;
    private TransactionalDeployer deployer;

    @BeforeEach
    void start() throws Exception {
        framework = ServiceLoader.load(FrameworkFactory.class).findFirst().orElseThrow()
                .newFramework(Map.of("org.osgi.framework.storage", folder.resolve("cache").toString()));
        framework.start();
        owner = new HeaderOwner(framework.getBundleContext());
        deployer = new TransactionalDeployer(framework.getBundleContext());
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

        assertThatThrownBy(() -> deployer.unplug("acme.base", true)).hasMessageContaining("acme.user@1.0.0");
    }

    @Test
    void unplugRefusesUnknownNamesAndBundlesThatAreNoPlugins() throws IOException {
        deployer.plug(jar("acme.library", "1.0.0"));

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
        var manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", name);
        main.putValue("Bundle-Version", version);
        for (int i = 0; i < headers.length; i += 2) {
            main.putValue(headers[i], headers[i + 1]);
        }
        Path file = folder.resolve(name + "-" + version + ".jar");
        try (OutputStream out = Files.newOutputStream(file)) {
            new JarOutputStream(out, manifest).close();
        }
        return file.toUri();
    }

    private static void assertErrno(Errno errno, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(HsmException.class,
                failure -> assertThat(failure.errno()).isEqualTo(errno));
    }
}

package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import javax.inject.Inject;
import org.cupule.machine.Machines;
import org.cupule.swap.Deployer;
import org.cupule.types.HsmException;
import org.junit.After;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;

/**
 * A hundred bad plug-ins, one after the other, each plugged, used by a guest, swapped, reset, unplugged; beside it two
 * guests that must not notice. By default a dozen of them, by a seed ({@code -Dcupule.seed}); all with
 * {@code -Dcupule.long=true}.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class BadPluginsIT {
    private static final boolean ALL = Boolean.getBoolean("cupule.long");
    private static final int FEW = 12;
    private static final Duration SOON = Duration.ofMillis(500);

    @Inject
    private BundleContext context;
    @Inject
    private Machines machines;
    @Inject
    private Deployer deployer;
    @Inject
    private ConfigurationAdmin configurations;

    private final Map<String, Integer> outcomes = new TreeMap<>();

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    /** The framework could not end otherwise. */
    @After
    public void lettingGoOfWhatHangs() {
        System.setProperty(BadPlugin.LET_GO, "now");
    }

    @Test
    public void noBadPluginHarmsAnotherDeviceOrMachine() throws Exception {
        System.clearProperty(BadPlugin.LET_GO);
        configure("org.cupule.machine", Map.of("call_millis", 400L, "quiesce_millis", 300L, "grace_millis", 50L));
        configure("org.cupule.deployer", Map.of("start_millis", 4000L));
        List<BadPlugin> chosen = chosen();
        Path folder = Files.createTempDirectory("bad-plugins");
        try (var counting = RunningGuest.start(machines, "swapcount", 1, "every=200")) {
            counting.awaitMore("count", 1);
            for (int i = 0; i < chosen.size(); i++) {
                suffer(chosen.get(i), folder, "acme.bad" + i);
                counting.awaitMore("count", 1);
            }
            assertThat(new Owners(context).renew(counting.target("com1")).target()).isEqualTo(counting.target("com1"));
            assertThat(counting.machine().devices()).allSatisfy(device -> {
                assertThat(device.failures()).as(device.name()).isZero();
                assertThat(device.status()).as(device.name()).isEqualTo("running");
            });
            assertThat(counting.verdict()).startsWith("verdict: ok").contains("errors 0");
            assertThat(counting.counters().lost()).isZero();
            assertThat(counting.counters().twice()).isZero();
        }
        assertThat(machines.machines()).isEmpty();
        System.out.printf("VERIFIED: bad plug-ins, %s: %d of %d, other devices and VMs unharmed; %s%n",
                TestPlatform.framework(), chosen.size(), BadPlugin.hundred().size(), outcomes);
    }

    private static List<BadPlugin> chosen() {
        List<BadPlugin> all = new ArrayList<>(BadPlugin.hundred());
        assertThat(all).hasSize(100);
        long seed = Long.getLong("cupule.seed", 20_261_123L);
        Collections.shuffle(all, new Random(seed));
        return ALL ? all : all.subList(0, FEW);
    }

    /** Whatever is refused is right; what counts is that the guest goes on and the others do not notice. */
    private void suffer(BadPlugin bad, Path folder, String kind) throws IOException {
        URI jar = bad.jar(folder, kind, TestPlatform.started("hsm-api"));
        System.out.printf("bad plug-in: %s%n", bad.name());
        attempt("plug", () -> deployer.plug(jar));
        attempt("use", () -> use(kind));
        if (deployer.plugins().stream().anyMatch(plugin -> plugin.name().equals(kind))) {
            attempt("unplug", () -> {
                String last = deployer.unplug(kind, true).steps().getLast();
                count(last.startsWith("gone") ? "gone" : "leaked and told");
            });
        }
    }

    private void use(String kind) {
        try (var guest = Poker.start(machines, kind, kind)) {
            guest.awaitLife();
            String target = "vm" + guest.machine().vm().vmid() + ".poked";
            attempt("swap", () -> new Owners(context).swap(target, "bad", SOON));
            guest.awaitLife();
            guest.machine().reset();
            guest.awaitLife();
            attempt("second swap", () -> new Owners(context).swap(target, "bad", SOON));
            guest.awaitLife();
            count(guest.deviceStatus().split(":", 2)[0]);
            assertThat(guest.machine().status()).isEqualTo("running");
        }
    }

    private void attempt(String what, Runnable action) {
        try {
            action.run();
        } catch (HsmException e) {
            assertThat(e.getMessage()).as(what).hasSizeGreaterThan(20);
            count(what + " refused");
        }
    }

    private void count(String outcome) {
        outcomes.merge(outcome, 1, Integer::sum);
    }

    private void configure(String pid, Map<String, Object> values) throws IOException {
        Dictionary<String, Object> properties = new Hashtable<>(values);
        configurations.getConfiguration(pid, "?").update(properties);
    }
}

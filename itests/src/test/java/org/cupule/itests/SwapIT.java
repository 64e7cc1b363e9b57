package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.inject.Inject;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.device.DeviceFactory;
import org.cupule.machine.Machines;
import org.cupule.swap.Deployer;
import org.cupule.swap.SwapReport;
import org.cupule.types.Errno;
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
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;

/**
 * Live swap under the demonstration guest, which checks every answer on two processors, and its failures: whatever
 * happens, the guest's verdict is ok and no request is lost or served twice.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class SwapIT {
    private static final String SAMPLE = "org.cupule.sample";

    @Inject
    private BundleContext context;
    @Inject
    private Machines machines;
    @Inject
    private Deployer deployer;

    private Owners owners;
    private RunningGuest guest;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Before
    public void startTheDemonstration() {
        owners = new Owners(context);
        guest = RunningGuest.start(machines, "demo", 2, "");
        guest.awaitMore("round", 1);
    }

    @After
    public void guestIsContentAndEveryRequestWasServedOnce() throws Exception {
        try (RunningGuest ended = guest) {
            guest.report();
            assertThat(guest.verdict()).startsWith("verdict: ok").contains("errors 0");
            assertThat(guest.outcome().cause()).isEqualTo("power-off");
            assertThat(guest.counters().completed()).isEqualTo(guest.counters().posted());
            assertThat(guest.counters().lost()).as("lost").isZero();
            assertThat(guest.counters().twice()).as("served twice").isZero();
        }
    }

    @Test
    public void sampleDeviceMovesToItsSecondVersionAndBack() {
        assertThat(move(plugin("dev-sample-v2"))).containsExactly("sample: sample@1.0.0 -> sample@2.0.0");
        guest.await(() -> lastAccount().contains("model 2"), "the guest to see model 2");

        assertThat(move(started("dev-sample"))).containsExactly("sample: sample@2.0.0 -> sample@1.0.0");
        guest.await(() -> lastAccount().contains("model 1"), "the guest to see model 1 again");
    }

    @Test
    public void localApicsMoveToTheirSecondVersionAndBack() {
        assertThat(move(plugin("hw-lapic-v2"))).containsExactlyInAnyOrder("lapic0: xapic@1.0.0 -> xapic@2.0.0",
                "lapic1: xapic@1.0.0 -> xapic@2.0.0");
        assertThat(move(started("hw-lapic"))).containsExactlyInAnyOrder("lapic0: xapic@2.0.0 -> xapic@1.0.0",
                "lapic1: xapic@2.0.0 -> xapic@1.0.0");
    }

    @Test
    public void eptMovesToAnotherDesignAndBack() {
        assertThat(move(plugin("hw-ept-interval"))).containsExactly("ept: four-level@1.0.0 -> interval@1.0.0");
        assertThat(move(started("hw-ept"))).containsExactly("ept: interval@1.0.0 -> four-level@1.0.0");
    }

    @Test
    public void processorsMoveToAnotherModelOneByOneAndBack() {
        for (String model : List.of("single-step", "interpreter")) {
            for (String place : List.of("cpu0", "cpu1")) {
                owners.swap(guest.target(place), model);
                guest.report();
                assertThat(owners.target(guest.target(place)).model().name()).isEqualTo(model);
            }
        }
    }

    @Test
    public void uartAndPciBusAndInterruptControllersMoveToFreshInstances() {
        for (String place : List.of("com1", "pci", "ioapic", "pic", "pit", "com1")) {
            SwapReport report = owners.renew(guest.target(place));
            guest.report();
            assertThat(report.from()).isEqualTo(report.to());
            assertThat(report.stateFields()).isPositive();
        }
    }

    @Test
    public void oldBundleGoesWithTheSwap() {
        Bundle old = Bundles.one(context, "dev-sample");
        move(plugin("dev-sample-v2"));
        assertThat(old.getState()).isEqualTo(Bundle.UNINSTALLED);
        assertThat(Bundles.one(context, "dev-sample").getVersion().getMajor()).isEqualTo(2);
        move(started("dev-sample"));
    }

    @Test
    public void swapThatFailsInRestoreIsRolledBack() {
        Bundle present = Bundles.one(context, "dev-sample");

        assertRefused(Errno.EIO, "on purpose", () -> deployer.swap(plugin("dev-sample-faulty"), Owners.DEADLINE));

        assertThat(Bundles.one(context, "dev-sample")).isEqualTo(present);
        assertThat(present.getState()).isEqualTo(Bundle.ACTIVE);
        assertThat(owners.target(guest.target("sample")).model().version()).isEqualTo("1.0.0");
        assertThat(owners.models(SAMPLE)).containsExactly("sample@1.0.0");
    }

    @Test
    public void incompatibleStateIsRefusedBeforeAnythingIsTouched() {
        var stranger = PluginService.like(sample(), "9.0.0", Set.of(99));
        var service = stranger.register(context);
        try {
            assertRefused(Errno.EINVAL, "99", () -> owners.swap(guest.target("sample"), "test"));
            assertThat(stranger.made).hasValue(0);
        } finally {
            service.unregister();
        }
    }

    @Test
    public void guestGoesOnWhileTheNewModelHangsAndASecondSwapIsRefused() throws Exception {
        var inside = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var hanging = PluginService.like(sample(), "9.0.0", Set.of(1));
        hanging.onRestore = () -> {
            inside.countDown();
            release.await();
        };
        var service = hanging.register(context);
        String target = guest.target("sample");
        try {
            var swap = CompletableFuture.supplyAsync(() -> owners.swap(target, "test", Duration.ofSeconds(2)));
            assertThat(inside.await(60, TimeUnit.SECONDS)).isTrue();

            assertRefused(Errno.EBUSY, "sample", () -> owners.swap(target, "sample"));
            guest.awaitMore("round", 2);
            release.countDown();

            assertThatThrownBy(() -> swap.get(60, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class)
                    .cause().isInstanceOf(HsmException.class).hasMessageContaining("[ETIMEDOUT]")
                    .hasMessageContaining(target);
            assertThat(owners.target(target).model().version()).isEqualTo("1.0.0");
        } finally {
            release.countDown();
            service.unregister();
        }
    }

    @Test
    public void deviceWhoseBundleIsUninstalledComesBackWithANewBundle() throws Exception {
        Bundles.one(context, "dev-sample").uninstall();
        assertThat(owners.target(guest.target("sample")).status()).startsWith("parked");

        context.installBundle(started("dev-sample").toString()).start();

        guest.await(() -> owners.target(guest.target("sample")).status().equals("running"), "the device to come back");
    }

    @Test
    public void hardwareWhoseBundleIsUninstalledComesBackWithAnotherDesign() throws Exception {
        Bundles.one(context, "hw-ept").uninstall();
        guest.await(() -> guest.machine().status().startsWith("paused"), "the pause");

        deployer.plug(plugin("hw-ept-interval"));
        guest.await(() -> guest.machine().status().equals("running"), "the VM to go on");
        assertThat(owners.target(guest.target("ept")).model().name()).isEqualTo("interval");
        guest.report();

        move(started("hw-ept"));
    }

    @Test
    public void unpluggedDeviceCanBePluggedAgain() {
        var description = guest.machine().description().devices().stream()
                .filter(device -> device.name().equals("sample")).findFirst().orElseThrow();
        guest.machine().unplug("sample");
        guest.awaitMore("round", 2);

        guest.machine().plug(description);

        guest.awaitMore("round", 2);
        assertThat(guest.machine().devices()).filteredOn(device -> device.name().equals("sample"))
                .allMatch(device -> device.accesses() > 0);
    }

    /** Replaces a plug-in, lets the guest work on the new one, and says what was moved. */
    private List<String> move(URI jar) {
        Deployer.Deployment done = deployer.swap(jar, Owners.DEADLINE);
        guest.report();
        return done.swaps().stream().map(report -> "%s: %s -> %s".formatted(
                report.target().substring(report.target().indexOf('.') + 1), report.from().id(), report.to().id()))
                .toList();
    }

    private String lastAccount() {
        guest.report();
        return guest.said("round").getLast();
    }

    private DeviceFactory sample() {
        try {
            return context.getServiceReferences(DeviceFactory.class, null).stream().map(context::getService)
                    .filter(factory -> factory.info().kind().equals(SAMPLE)).findFirst().orElseThrow();
        } catch (InvalidSyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static URI plugin(String name) {
        return TestPlatform.plugin(name).toUri();
    }

    private static URI started(String name) {
        return TestPlatform.started(name).toUri();
    }

    static void assertRefused(Errno errno, String words, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(HsmException.class,
                e -> assertThat(e.errno()).as(e.getMessage()).isEqualTo(errno)).hasMessageContaining(words);
    }
}

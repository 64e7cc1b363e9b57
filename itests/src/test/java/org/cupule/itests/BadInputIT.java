package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiConsumer;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import javax.inject.Inject;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.device.DeviceFactory;
import org.cupule.hardware.EptFactory;
import org.cupule.hypervisor.Partition;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.Machines;
import org.cupule.state.StateSchema;
import org.cupule.swap.Deployer;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
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
import org.osgi.framework.ServiceRegistration;

/**
 * Bad input of every kind: one clear sentence with the right errno, and an innocent VM beside it that does not notice.
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class BadInputIT {
    private static final String KIND = "org.cupule.itests.poked";

    @Inject
    private BundleContext context;
    @Inject
    private Machines machines;
    @Inject
    private Deployer deployer;

    private RunningGuest innocent;
    private PluginService plugin;
    private ServiceRegistration<?> registration;
    private int bundles;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Before
    public void startAnInnocentGuest() {
        innocent = RunningGuest.start(machines, "swapcount", 1, "every=200");
        innocent.awaitMore("count", 1);
        plugin = PluginService.ports(KIND, "1.0.0", Poker.PORT);
        registration = plugin.register(context);
        bundles = context.getBundles().length;
    }

    @After
    public void innocentGuestDidNotNoticeAndNothingIsLeft() throws Exception {
        registration.unregister();
        try (RunningGuest ended = innocent) {
            ended.awaitMore("count", 1);
            assertThat(ended.verdict()).startsWith("verdict: ok").contains("errors 0");
        }
        assertThat(machines.machines()).isEmpty();
        assertThat(context.getBundles()).hasSize(bundles);
        Await.until(() -> vmThreads().isEmpty(), Duration.ofSeconds(60),
                () -> "the threads of VMs to end: " + vmThreads());
    }

    private static TreeSet<String> vmThreads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.matches("(?i)vm\\d.*"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    // ---- plug-ins that do not come in

    @Test
    public void bundleThatDoesNotResolveIsRefusedWithWhatIsMissing() throws IOException {
        URI jar = jar("Bundle-SymbolicName: acme.sensor\nImport-Package: com.acme.missing\n");

        refused(Errno.EINVAL, "com.acme.missing", () -> deployer.plug(jar));
    }

    @Test
    public void jarThatIsNoBundleIsRefused() throws IOException {
        refused(Errno.EINVAL, "bundle", () -> deployer.plug(jar("")));
        refused(Errno.EINVAL, "jar", () -> deployer.plug(Poker.image(new byte[]{1, 2, 3}).toUri()));
        refused(Errno.ENOENT, "none.jar", () -> deployer.plug(Path.of("none.jar").toUri()));
    }

    @Test
    public void unknownTargetsModelsAndPluginsAreNamed() {
        var owners = new Owners(context);
        refused(Errno.ENOENT, "nosuch", () -> deployer.unplug("nosuch", false));
        refused(Errno.ENOENT, "nosuch", () -> owners.swap(innocent.target("ept"), "nosuch"));
        refused(Errno.ENOENT, "nosuch", () -> owners.swap(innocent.target("com1"), "nosuch"));
        refused(Errno.EBUSY, innocent.target("ept"), () -> deployer.unplug("org.cupule.hw.ept", false));
        refused(Errno.EINVAL, "no plug-in", () -> deployer.unplug("org.cupule.hsm.api", true));
    }

    @Test
    public void factoryThatFailsToSayWhatItIsIsLeftOut() {
        for (String method : List.of("info", "schema", "spec")) {
            for (boolean throwing : new boolean[]{true, false}) {
                var service = context.registerService(DeviceFactory.class, failing(method, throwing), null);
                refused(Errno.ENODEV, "acme.odd",
                        () -> machines.create(Poker.description(machines, "odd", "acme.odd")));
                service.unregister();
            }
        }
    }

    private static DeviceFactory failing(String method, boolean throwing) {
        DeviceFactory sound = PluginService.ports("acme.odd", "1.0.0", Poker.PORT);
        return (DeviceFactory) Proxy.newProxyInstance(BadInputIT.class.getClassLoader(),
                new Class<?>[]{DeviceFactory.class}, (proxy, called, arguments) -> {
                    if (!called.getName().equals(method)) {
                        return called.invoke(sound, arguments);
                    }
                    if (throwing) {
                        throw new IllegalStateException("planted in " + method);
                    }
                    return null;
                });
    }

    @Test
    public void hardwareFactoryThatFailsIsNotChosenForAMachineThatDidNotAskForIt() {
        var schema = StateSchema.first("ept");
        var odd = (EptFactory) Proxy.newProxyInstance(BadInputIT.class.getClassLoader(),
                new Class<?>[]{EptFactory.class}, (proxy, called, arguments) -> switch (called.getName()) {
                    case "info" -> new ModelInfo("ept", "odd", "0.0.1", "An EPT that cannot be made.");
                    case "schema" -> schema;
                    case "hashCode" -> 1;
                    case "equals" -> proxy == arguments[0];
                    case "toString" -> "odd";
                    default -> throw new IllegalStateException("planted in create");
                });
        var service = context.registerService(EptFactory.class, odd, null);
        try {
            String target = innocent.target("ept");
            refused(Errno.EIO, "planted in create", () -> new Owners(context).swap(target, "odd"));
            assertThat(new Owners(context).target(target).model().name()).isEqualTo("four-level");
        } finally {
            service.unregister();
        }
    }

    // ---- plug-ins that throw or talk nonsense

    @Test
    public void deviceThatCannotBeMadeIsOneSentence() {
        plugin.onCreate = () -> {
            throw new IllegalStateException("planted in create");
        };
        refused(Errno.EIO, "planted in create", () -> machines.create(Poker.description(machines, "odd", KIND)));
    }

    @Test
    public void factoryThatMakesNothingIsOneSentence() {
        plugin.saysNothing = true;
        refused(Errno.EIO, "it made no device", () -> machines.create(Poker.description(machines, "odd", KIND)));
    }

    @Test
    public void errorOfTheJvmInAPluginIsOneSentenceToo() {
        plugin.onCreate = () -> {
            throw new StackOverflowError("planted");
        };
        refused(Errno.EIO, "StackOverflowError", () -> machines.create(Poker.description(machines, "odd", KIND)));
    }

    @Test
    public void deviceThatThrowsWhenReadFloatsAndIsQuarantinedWhileItsGuestLives() {
        assertQuarantined((device, act) -> device.onRead = act);
    }

    @Test
    public void deviceThatThrowsInEachCallIsQuarantinedWhileItsGuestLives() {
        assertQuarantined((device, act) -> {
            device.onRead = act;
            device.onWrite = act;
        });
    }

    private void assertQuarantined(BiConsumer<PluginService, PluginService.Act> plant) {
        try (var guest = Poker.start(machines, "odd", KIND)) {
            guest.awaitLife();
            plant.accept(plugin, () -> {
                throw new IllegalStateException("planted in a call");
            });
            Await.until(() -> guest.lastRead() == 0xFF, Owners.DEADLINE, () -> "all ones, not " + guest.lastRead());
            guest.awaitLife();
            assertThat(guest.machine().status()).isEqualTo("running");
            assertThat(guest.machine().devices().getFirst().failures()).isPositive();
        }
    }

    @Test
    public void deviceThatFailsAgainAndAgainIsQuarantinedWithTheReason() {
        PluginService.Act failure = () -> {
            throw new IllegalStateException("planted in both");
        };
        plugin.onRead = failure;
        plugin.onWrite = failure;
        try (var guest = Poker.start(machines, "odd", KIND)) {
            Await.until(() -> guest.deviceStatus().startsWith("quarantined"), Owners.DEADLINE, guest::deviceStatus);
            assertThat(guest.deviceStatus()).contains("planted in both");
            guest.awaitLife();
        }
    }

    @Test
    public void deviceThatThrowsInSaveOrRestoreStaysWhereItIs() {
        try (var guest = Poker.start(machines, "odd", KIND)) {
            String target = "vm" + guest.machine().vm().vmid() + ".poked";
            plugin.onSave = () -> {
                throw new IllegalStateException("planted in save");
            };
            refused(Errno.EIO, "planted in save", () -> new Owners(context).swap(target, "test"));
            plugin.onSave = () -> {
            };
            plugin.onRestore = () -> {
                throw new IllegalStateException("planted in restore");
            };
            refused(Errno.EIO, "planted in restore", () -> new Owners(context).swap(target, "test"));
            guest.awaitLife();
            assertThat(guest.deviceStatus()).isEqualTo("running");
        }
    }

    @Test
    public void deviceThatSavesNothingStaysWhereItIs() {
        try (var guest = Poker.start(machines, "odd", KIND)) {
            String target = "vm" + guest.machine().vm().vmid() + ".poked";
            plugin.onSave = () -> plugin.saysNothing = true;
            refused(Errno.EIO, target, () -> new Owners(context).swap(target, "test"));
            guest.awaitLife();
            plugin.onSave = () -> plugin.saysNothing = false;
        }
    }

    @Test
    public void deviceThatThrowsInResetOrCloseDoesNotKeepAnybody() {
        plugin.onReset = () -> {
            throw new IllegalStateException("planted in reset");
        };
        plugin.onClose = () -> {
            throw new IllegalStateException("planted in close");
        };
        try (var guest = Poker.start(machines, "odd", KIND)) {
            guest.awaitLife();
            guest.machine().reset();
            guest.awaitLife();
            guest.machine().unplug("poked");
            guest.awaitLife();
        }
        assertThat(plugin.closed).isNotEmpty();
    }

    @Test
    public void deviceThatHangsInACallIsGivenUpAtTheDeadlineAndGoesOnLater() throws Exception {
        var release = new CountDownLatch(1);
        var inside = new CountDownLatch(1);
        try (var guest = Poker.start(machines, "odd", KIND)) {
            guest.awaitLife();
            plugin.onRead = () -> {
                inside.countDown();
                release.await();
            };
            inside.await();
            String target = "vm" + guest.machine().vm().vmid() + ".poked";

            refused(Errno.ETIMEDOUT, "a call into it has not ended",
                    () -> new Owners(context).swap(target, "test", Duration.ofMillis(100)));

            release.countDown();
            guest.awaitLife();
            assertThat(guest.deviceStatus()).isEqualTo("running");
            assertThat(guest.machine().vm().ioRequests().counters().lost()).isZero();
        } finally {
            release.countDown();
        }
    }

    @Test
    public void machineWhoseDeviceNeverReturnsCanBeClosedAllTheSame() throws Exception {
        var release = new CountDownLatch(1);
        var inside = new CountDownLatch(1);
        plugin.onRead = () -> {
            inside.countDown();
            release.await();
        };
        try {
            Poker guest = Poker.start(machines, "odd", KIND);
            inside.await();

            guest.close();

            assertThat(machines.machine("odd")).isEmpty();
            refused(Errno.EINVAL, "destroyed", guest.machine().vm()::state);
            innocent.awaitMore("count", 1);
        } finally {
            release.countDown();
        }
    }

    // ---- descriptions

    @Test
    public void machinesThatCannotBeAreRefusedWithTheFieldThatIsWrong() {
        MachineDescription good = machines.standard("odd");
        refused(Errno.ENODEV, "nosuchvisor", () -> machines.create(changed(good, "nosuchvisor", 64L << 20, 1,
                Optional.empty(), List.of())));
        refused(Errno.EINVAL, "memory", () -> machines.create(changed(good, "", 4097, 1, Optional.empty(), List.of())));
        refused(Errno.EINVAL, "", () -> machines.create(changed(good, "", 64L << 20, 0, Optional.empty(), List.of())));
        refused(Errno.EINVAL, "", () -> machines.create(changed(good, "", 64L << 20, 17, Optional.empty(), List.of())));
        refused(Errno.ENODEV, "floppy", () -> machines.create(changed(good, "", 64L << 20, 1, Optional.empty(),
                List.of(device("floppy", Map.of())))));
        refused(Errno.EINVAL, "ports", () -> machines.create(changed(good, "", 64L << 20, 1, Optional.empty(),
                List.of(device("debugexit", Map.of("ports", 0x600L))))));
        refused(Errno.EEXIST, "swapcount", () -> machines.create(machines.standard("swapcount")));
        var models = new MachineDescription("odd", "", 64L << 20, 1, Optional.empty(), List.of(),
                Map.of("ept", "nosuchept"), Behaviour.X86, false, false);
        refused(Errno.ENODEV, "nosuchept", () -> machines.create(models));
    }

    @Test
    public void imagesThatCannotBeLoadedAreRefused() {
        refused(Errno.ENOENT, "nosuchguest", () -> create(new Image(Optional.empty(), "nosuchguest", "auto", 0, "",
                List.of())));
        refused(Errno.ENOENT, "missing.bin", () -> create(new Image(Optional.of(Path.of("missing.bin")), "", "auto", 0,
                "", List.of())));
        refused(Errno.EINVAL, "empty", () -> create(flat(new byte[0])));
        refused(Errno.EINVAL, "", () -> create(flat(new byte[2 << 20])));
        byte[] truncated = {0x7F, 'E', 'L', 'F', 1, 1, 1, 0, (byte) 0x02, (byte) 0xB0, (byte) 0xAD, 0x1B};
        refused(Errno.EINVAL, "", () -> create(new Image(Optional.of(Poker.image(truncated)), "", "multiboot", 0, "",
                List.of())));
    }

    private static Image flat(byte[] bytes) {
        return new Image(Optional.of(Poker.image(bytes)), "", "flat", 0, "", List.of());
    }

    private void create(Image image) {
        machines.create(changed(machines.standard("odd"), "", 1L << 20, 1, Optional.of(image), List.of()));
    }

    private static MachineDescription changed(MachineDescription base, String hypervisor, long memory, int cpus,
            Optional<Image> image, List<DeviceDescription> devices) {
        return new MachineDescription(base.name(), hypervisor, memory, cpus, image, devices, Map.of(),
                base.behaviour(), false, false);
    }

    private static DeviceDescription device(String type, Map<String, Long> windows) {
        return new DeviceDescription(type, "one", "", windows, Map.of(), "", Map.of(), "");
    }

    // ---- life

    @Test
    public void runningVmCannotBeDestroyedAndStaysUsable() {
        refused(Errno.EPERM, "", () -> innocent.machine().vm().destroy());
        assertThat(innocent.machine().vm().state()).isEqualTo(Partition.State.RUNNING);
    }

    @Test
    public void endedMachineCannotBeStartedAgain() throws Exception {
        try (var hello = RunningGuest.start(machines, "hello", 1, "")) {
            hello.outcome();
            refused(Errno.EPERM, "hello", hello.machine()::start);
        }
    }

    @Test
    public void closedMachineIsGoneAndClosingItAgainDoesNothing() throws Exception {
        Machine hello = machines.create(RunningGuest.builtin(machines, "hello", 1, ""));
        hello.close();
        hello.close();
        assertThat(machines.machine("hello")).isEmpty();
        assertThatThrownBy(hello::start).isInstanceOf(HsmException.class);
    }

    private static void refused(Errno errno, String words, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(HsmException.class, e -> {
            assertThat(e.errno()).as(e.getMessage()).isEqualTo(errno);
            assertThat(e.getMessage()).contains(words).endsWith("[" + e.errno() + "]").doesNotContain("\n");
        });
    }

    private static URI jar(String headers) throws IOException {
        Path file = Files.createTempFile("plugin", ".jar");
        file.toFile().deleteOnExit();
        var text = "Manifest-Version: 1.0\nBundle-ManifestVersion: 2\nBundle-Version: 1.0.0\n" + headers;
        var manifest = new Manifest(
                new java.io.ByteArrayInputStream(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        try (OutputStream out = Files.newOutputStream(file); var jar = new JarOutputStream(out, manifest)) {
            jar.finish();
        }
        return file.toUri();
    }
}

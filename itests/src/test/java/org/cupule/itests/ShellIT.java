package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.regex.Pattern;
import javax.inject.Inject;
import org.cupule.device.DeviceFactory;
import org.cupule.hypervisor.Partition;
import org.cupule.launch.CommandLine;
import org.cupule.machine.Machine;
import org.cupule.machine.Machines;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.Parser;
import org.jline.reader.impl.DefaultParser;
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
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.wiring.BundleWiring;

/** What {@code cupule shell -c} does, on a live VM: through the launcher's command and Gogo, as a person's words go. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class ShellIT {
    /** How a script ended. */
    private record Result(int status, String out, String err) {
    }

    /** Holds a plug-in's class loader. */
    private static Object held;

    @Inject
    private BundleContext context;
    @Inject
    private Machines machines;

    private RunningGuest guest;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Before
    public void startCounting() {
        guest = RunningGuest.start(machines, "swapcount", 1, "every=200");
        guest.awaitMore("count", 1);
    }

    @After
    public void end() throws Exception {
        for (Machine machine : machines.machines()) {
            machine.close();
        }
        guest.close();
    }

    @Test
    public void listsHypervisorsWithWhatTheyCanDo() throws Exception {
        assertThat(shell("hsm:hypervisors")).containsPattern("sim +1\\.0\\.0 +16 +raw").contains("hardware_swap");
    }

    @Test
    public void listsVmsWithTheirState() throws Exception {
        assertThat(shell("hsm:vms")).containsPattern("swapcount +sim +RUNNING +1 +\\d+ +running");
    }

    @Test
    public void prefixMayBeLeftOut() throws Exception {
        assertThat(shell("vms")).contains("swapcount");
    }

    @Test
    public void commandsOfThePlatformComeBeforeThoseOfTheFramework() throws Exception {
        assertThat(shell("create -m 16M -n fresh hello; start fresh; await fresh"))
                .contains("fresh runs", "debug-exit, status 33");
        assertThat(shell("help start")).contains("starts a VM", "usage: start VM").doesNotContain("undle");
    }

    @Test
    public void helpListsCommandsAndRefusesAnUnknownOne() throws Exception {
        assertThat(shell("help")).containsPattern("vms +lists the VMs").containsPattern("exit +leaves the shell");
        assertThat(shell("help felix:lb")).contains("felix:help felix:lb");
        assertThat(refused("help nosuch")).startsWith("error: ").contains("there is no command 'nosuch'");
    }

    @Test
    public void wrongArgumentsAreAnsweredWithTheUsage() throws Exception {
        assertThat(refused("start").strip()).isEqualTo("error: start: wrong arguments; usage: start VM");
        assertThat(refused("create --nam x hello")).contains("there is no option --nam", "[-n NAME] WHAT");
    }

    @Test
    public void exitEndsAScript() throws Exception {
        assertThat(shell("exit; nosuchcommand")).isEmpty();
    }

    @Test
    public void awaitRefusesAMachineThatWasNotStarted() throws Exception {
        assertThat(refused("create -m 16M -n idle hello; await -t 3600 idle")).contains("idle was not started");
    }

    @Test
    public void completesCommandsAndWhatTheyTake() {
        assertThat(completed("sta")).contains("start").doesNotContain("lb");
        assertThat(completed("start", "")).containsExactly("swapcount");
        assertThat(completed("hsm:swap", "vm")).contains(guest.target("com1"), guest.target("cpu0"));
        assertThat(completed("swap", "-d", "100", guest.target("cpu0"), "")).contains("single-step@1.0.0")
                .noneMatch(model -> model.startsWith("four-level"));
        assertThat(completed("removedevice", "swapcount", "")).contains("com1");
        assertThat(completed("create", "--")).contains("--memory", "--name");
        assertThat(completed("vms;", "help", "")).contains("start", "vms");
        assertThat(completed("dump", "nobody", "")).isEmpty();
    }

    @Test
    public void showsSettingsAndChangesThemLive() throws Exception {
        assertThat(shell("settings")).containsPattern("org\\.cupule\\.linux\\.acrn +Cupule on ACRN");
        assertThat(shell("settings org.cupule.linux.acrn"))
                .containsPattern("attach\\.deadline\\.millis +5000 +5000 +whole number");

        assertThat(shell("settings org.cupule.linux.acrn attach.deadline.millis=7000 device=/dev/elsewhere"))
                .containsPattern("attach\\.deadline\\.millis +7000 +5000");
        awaitHypervisors("/dev/elsewhere is not there");

        assertThat(shell("settings org.cupule.linux.acrn attach.deadline.millis= device="))
                .containsPattern("attach\\.deadline\\.millis +5000 +5000");
        awaitHypervisors("/dev/acrn_hsm");
    }

    private void awaitHypervisors(String sentence) {
        Await.until(() -> shellOrNothing("hypervisors").contains(sentence), Duration.ofSeconds(60),
                () -> "'%s' of hsm:hypervisors".formatted(sentence));
    }

    private String shellOrNothing(String commands) {
        try {
            return shell(commands);
        } catch (Exception failed) {
            return "";
        }
    }

    @Test
    public void aSettingThatIsNotPossibleChangesNothing() throws Exception {
        assertThat(refused("settings org.cupule.linux.acrn ranking=3 attach.deadline.millis=0"))
                .contains("'0' is not possible for attach.deadline.millis");
        assertThat(refused("settings org.cupule.linux.acrn ranking=3 attach.deadline.millis=soon"))
                .contains("'soon' is not possible for attach.deadline.millis", "whole number");
        assertThat(refused("settings org.cupule.linux.acrn ranking=3 colour=red"))
                .contains("has no setting 'colour'", "it has", "attach.deadline.millis");
        assertThat(refused("settings org.cupule.linux.acrn ranking"))
                .contains("'ranking' is not of the form NAME=VALUE");
        assertThat(refused("settings nobody")).contains("'nobody' has no settings", "org.cupule.linux.acrn");
        assertThat(shell("settings org.cupule.linux.acrn")).containsPattern("ranking +0 +0");
    }

    @Test
    public void completesSettings() {
        assertThat(completed("settings", "")).contains("org.cupule.linux.acrn", guest.target("com1"));
        assertThat(completed("settings", "org.cupule.linux.acrn", "")).contains("attach.deadline.millis=", "ranking=");
    }

    /** {@return what Tab offers for the last of these words} */
    private List<String> completed(String... words) {
        Completer completer = context.getService(context.getServiceReference(Completer.class));
        var candidates = new ArrayList<Candidate>();
        String line = String.join(" ", words);
        completer.complete(null, new DefaultParser().parse(line, line.length(), Parser.ParseContext.COMPLETE),
                candidates);
        return candidates.stream().map(Candidate::value).toList();
    }

    @Test
    public void examinesALiveDeviceOnAFreshOneBesideIt() throws Exception {
        assertThat(shell("tck " + guest.target("com1"))).containsPattern("save-twice +pass")
                .containsPattern("unplug-leaves-nothing +pass").containsPattern("no-threads +pass +\\d+ classes")
                .doesNotContain("FAIL");
        guest.awaitMore("count", 1);
    }

    @Test
    public void examinationThatFindsSomethingEndsAScript() throws Exception {
        shell("plug " + TestPlatform.plugin("dev-sample-faulty"));
        assertThat(refused("tck sample@3.0.0")).contains("sample@3.0.0 fails", "restore");
        assertThat(refused("tck nosuch")).contains("there is no device or model 'nosuch'");
        assertThat(refused("tck -c colour sample@1.0.0")).contains("there is no check 'colour'");
        assertThat(shell("tck --check reset sample@1.0.0; unplug org.cupule.dev.sample@3.0.0"))
                .containsPattern("reset +pass");
    }

    @Test
    public void putsFaultsInPlaceListsAndRemovesThem() throws Exception {
        Path script = Files.writeString(Files.createTempFile("fault", ".txt"), "1000000\n2000000 0x80\n");
        String first = shell("fault add " + guest.target("com1") + " drop --rate 1/100000 --seed 7 --count 2");
        assertThat(first).containsPattern("com1 +drop +1/100000 seed 7, at most 2");
        assertThat(shell("fault add -f " + script + " " + guest.target("com1") + " corrupt"))
                .containsPattern("corrupt +script of 2");
        assertThat(refused("fault add " + guest.target("com1") + " loud")).contains("there is no fault 'loud'");
        assertThat(refused("fault remove 9999")).contains("there is no fault 9999");
        String all = shell("fault list");
        String rest = shell(Pattern.compile("(?m)^ *(\\d+) +vm").matcher(all).results()
                .map(found -> "fault remove " + found.group(1)).collect(java.util.stream.Collectors.joining("; ")));
        assertThat(rest.strip().lines().reduce((one, two) -> two)).hasValueSatisfying(
                last -> assertThat(last).doesNotContain("com1"));
        guest.awaitMore("count", 1);
    }

    @Test
    public void showsOneVmByNameAndByNumber() throws Exception {
        assertThat(shell("hsm:vm swapcount")).contains("ept is", "cpu0 is", "lost 0, twice 0");
        assertThat(shell("hsm:vm " + guest.machine().vm().vmid())).contains("swapcount");
    }

    @Test
    public void createsStartsAwaitsAndDestroys() throws Exception {
        assertThat(shell("hsm:create -m 16M hello; hsm:start hello; hsm:await hello; hsm:console hello"))
                .contains("created hello as VM", "debug-exit, status 33");
        assertThat(shell("hsm:vms")).containsPattern("hello .*ended");
        assertThat(shell("hsm:destroy hello")).contains("hello is gone");
        assertThat(shell("hsm:vms")).doesNotContain("hello");
    }

    @Test
    public void pausesAndGoesOn() throws Exception {
        shell("hsm:pause swapcount");
        assertThat(guest.machine().vm().state()).isEqualTo(Partition.State.PAUSED);
        assertThat(shell("hsm:vms")).containsPattern("swapcount .*PAUSED");

        shell("hsm:start swapcount");
        guest.awaitMore("count", 1);
    }

    @Test
    public void savesAMachineAndRestoresIt() throws Exception {
        Path file = Files.createTempFile("swapcount", ".snapshot");
        assertThat(shell("hsm:snapshot check swapcount")).containsPattern("swapcount +running +yes, when it is paused");

        assertThat(shell("hsm:pause swapcount; hsm:snapshot save swapcount " + file)).contains(file.toString());
        assertThat(shell("hsm:destroy swapcount; hsm:snapshot restore " + file))
                .containsPattern("swapcount +paused +1 +\\d+");
        assertThat(shell("hsm:start swapcount; hsm:type swapcount q; hsm:await swapcount; hsm:console swapcount"))
                .contains("verdict: ok");
        Files.delete(file);
    }

    @Test
    public void snapshotSaysWhatItWantsInOneSentence() throws Exception {
        assertThat(refused("hsm:snapshot save swapcount")).contains("snapshot save VM FILE");
        assertThat(refused("hsm:snapshot save swapcount /nowhere/x")).contains("only a paused one");
        assertThat(refused("hsm:snapshot restore /nowhere/x")).contains("/nowhere/x");
    }

    @Test
    public void resetStartsTheGuestAnew() throws Exception {
        int before = guest.said("count 1").size();
        shell("hsm:reset swapcount");
        guest.await(() -> guest.said("count 1").size() > before, "a new count from 1");
    }

    @Test
    public void destroyEndsARunningVm() throws Exception {
        shell("hsm:destroy swapcount");
        assertThat(machines.machine("swapcount")).isEmpty();
        assertThat(guest.outcome().cause()).isEqualTo("closed");
    }

    @Test
    public void typesIntoTheConsoleAndShowsWhatCameOut() throws Exception {
        assertThat(shell("hsm:console swapcount")).contains("count 1\n");
        assertThat(shell("hsm:type swapcount q; hsm:await swapcount; hsm:console swapcount"))
                .contains("debug-exit, status 65", "verdict: ok");
    }

    @Test
    public void showsProcessorsAndRegistersOfARunningVm() throws Exception {
        assertThat(shell("hsm:vcpus swapcount")).containsPattern("0 +\\w+");
        assertThat(shell("hsm:registers swapcount")).containsPattern("(?i)rip +[0-9a-f]{16}")
                .containsPattern("(?i)cr3 +[0-9a-f]{16}");
        guest.awaitMore("count", 1);
    }

    @Test
    public void showsTheMemoryMapAndItsBytes() throws Exception {
        byte[] first = new byte[16];
        guest.machine().vm().memory().read(0x10_0000, first, 0, first.length);

        assertThat(shell("hsm:memory swapcount")).contains("RAM").containsPattern("000000000000 +[0-9a-f]{12} +\\d+");
        assertThat(shell("hsm:dump swapcount 0x100000 16")).startsWith("000000100000").contains(
                "%02x %02x %02x %02x".formatted(first[0], first[1], first[2], first[3]));
    }

    @Test
    public void listsTheClientsOfIoRequestsWithRangesAndCounters() throws Exception {
        assertThat(shell("hsm:clients swapcount")).containsPattern("com1 +\\S+ +[1-9]\\d* +0 +.*3f8");
    }

    @Test
    public void tracesTheLastRequests() throws Exception {
        shell("hsm:trace swapcount 32");
        var request = Pattern.compile("port +(read|write)1 +0x3f[89a-f] .*com1");
        Await.until(() -> request.matcher(shellQuietly("hsm:trace swapcount")).find(), Duration.ofSeconds(60),
                () -> "a traced request of com1");
        assertThat(shell("hsm:trace swapcount 0")).contains("off");
    }

    @Test
    public void assignsAndListsEventCounters() throws Exception {
        assertThat(shell("hsm:ioeventfd swapcount bell port:0x510 2 7; hsm:ioeventfd swapcount"))
                .containsPattern("bell +\\w+ \\d+ +port 0x510, 2 bytes, 0x7 +0 +HSM");
        assertThat(shell("hsm:clients swapcount")).contains("ioeventfd-");
        shell("hsm:irqfd swapcount ring 0xFED00000 0x41; hsm:eventfd -a 3 ring");
        Await.until(
                () -> shellQuietly("hsm:irqfd swapcount")
                        .matches("(?s).*ring +\\w+ \\d+ +msi 0xfed00000=0x41 +0 +1 .*"),
                Duration.ofSeconds(60), () -> "the refused message is counted");
        assertThat(shell("hsm:eventfd ring")).endsWith("3\n");
        assertThat(refused("hsm:ioeventfd swapcount bell port:0x510 4 7")).contains("EEXIST");
        assertThat(refused("hsm:irqfd swapcount ring 0xFEE00000 0x42")).contains("EBUSY");
        assertThat(refused("hsm:eventfd nobody")).contains("ENOENT", "bell");
        assertThat(shell(
                "hsm:ioeventfd -d swapcount bell; hsm:eventfd -c ring; hsm:eventfd -c bell; hsm:ioeventfd swapcount; "
                        + "hsm:irqfd swapcount; hsm:eventfd"))
                .doesNotContain("0x510").doesNotContain("0x41");
    }

    @Test
    public void drivesAndCountsInterrupts() throws Exception {
        assertThat(shell("hsm:irq swapcount 47 pulse; hsm:irq swapcount 47 pulse; hsm:irq swapcount"))
                .containsPattern("47 +GSI 47 +2");
        assertThat(shell("hsm:irqdelay swapcount 1; hsm:irqdelay swapcount 0; hsm:msi swapcount 0xfee00000 0x500; "
                + "hsm:irq swapcount")).containsPattern("256 +message, vector 0x0 +1");
        assertThat(refused("hsm:irq swapcount 48 high")).contains("EPERM");
        assertThat(refused("hsm:irq swapcount 4 sideways")).contains("pulse");
    }

    @Test
    public void givesAndTakesDevicesOfTheHypervisor() throws Exception {
        assertThat(shell("hsm:create -m 16M -n cold hello; hsm:vdev -a shared -s 64K cold 1af4:1110 00:07.0; "
                + "hsm:vdev cold 9710:9900 00:08.0; hsm:passthrough cold"))
                .containsPattern("virtual +1af4:1110 +00:07\\.0").containsPattern("virtual +9710:9900 +00:08\\.0");
        assertThat(shell("hsm:vdev -d -a shared cold 1af4:1110 00:07.0; hsm:passthrough cold; hsm:hostdevices cold"))
                .doesNotContain("1af4:1110").contains("9710:9900", "KIND");
        assertThat(refused("hsm:vdev cold 1234:5678 00:09.0")).contains("EINVAL", "1af4:1110");
        assertThat(refused("hsm:assign cold 00:03.0 00:05.0")).contains("ENODEV");
        assertThat(refused("hsm:intx cold 00:05.0 20")).contains("ENODEV");
        assertThat(refused("hsm:vdev swapcount 9710:9900 00:08.0")).contains("EINVAL", "RUNNING");
    }

    @Test
    public void showsIdleStatesOfAVmThatStandsStill() throws Exception {
        assertThat(shell("hsm:create -m 16M -n still hello; hsm:power still")).containsPattern("1 +C1 +1 +1000 +fixed");
        assertThat(refused("hsm:power swapcount")).contains("EPERM");
    }

    @Test
    public void takesAProcessorAwayFromTheHostSide() throws Exception {
        assertThat(shell("hsm:cpus")).containsPattern("15 +15 +yes +yes");
        assertThat(shell("hsm:removecpu 0xf; hsm:cpus")).containsPattern("15 +15 +no +yes");
        assertThat(refused("hsm:removecpu 0")).contains("EINVAL");
    }

    private String shellQuietly(String command) {
        try {
            return shell(command);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    public void listsModelsAndTargetsWithTheirUsers() throws Exception {
        assertThat(shell("hsm:models")).containsPattern("ept +four-level@1\\.0\\.0 .*" + guest.target("ept"))
                .containsPattern("uart16550 .*" + guest.target("com1")).contains("single-step@");
        assertThat(shell("hsm:targets"))
                .containsPattern(guest.target("cpu0") + " +cpu +interpreter@\\S+ +\\d+ +running");
    }

    @Test
    public void swapsOneInstance() throws Exception {
        assertThat(shell("hsm:swap -d 20000 %s single-step".formatted(guest.target("cpu0"))))
                .contains("interpreter@1.0.0 -> single-step@1.0.0").containsPattern("pause \\d+ us");
        assertThat(shell("hsm:targets")).containsPattern(guest.target("cpu0") + " +cpu +single-step");
        guest.awaitMore("count", 1);
    }

    @Test
    public void deploysAPluginInAnothersPlaceAndBack() throws Exception {
        assertThat(shell("hsm:deploy -d 20000 " + TestPlatform.plugin("hw-ept-interval")))
                .contains("installed org.cupule.hw.ept.interval@", "four-level@1.0.0 -> interval@1.0.0",
                        "uninstalled org.cupule.hw.ept@");
        assertThat(shell("hsm:plugins")).containsPattern("org\\.cupule\\.hw\\.ept\\.interval .*ept/interval@1\\.0\\.0 +"
                + guest.target("ept"));
        assertThat(shell("hsm:deploy -d 20000 " + TestPlatform.started("hw-ept"))).contains("-> four-level@1.0.0");
        guest.awaitMore("count", 1);
    }

    @Test
    public void plugsAndUnplugsAPlugin() throws Exception {
        assertThat(shell("hsm:plug " + TestPlatform.plugin("hw-ept-interval"))).contains("installed");
        assertThat(shell("hsm:models")).contains("interval@1.0.0");
        assertThat(shell("hsm:unplug interval")).contains("uninstalled");
        assertThat(shell("hsm:models")).doesNotContain("interval@1.0.0");
    }

    @Test
    public void tellsTheStepsOfAPlugin() throws Exception {
        shell("hsm:plug %s; hsm:unplug interval".formatted(TestPlatform.plugin("hw-ept-interval")));

        assertThat(shell("hsm:pluginlog")).containsPattern("plug +org\\.cupule\\.hw\\.ept\\.interval@\\S+ +ACTIVE")
                .containsPattern("unplug +org\\.cupule\\.hw\\.ept\\.interval@\\S+ +QUIESCED")
                .containsPattern(
                        "unplug +org\\.cupule\\.hw\\.ept\\.interval@\\S+ +GONE +its class loader is collected");
    }

    @Test
    public void namesWhatHoldsAnUnpluggedPluginUntilItLetsGo() throws Exception {
        shell("hsm:plug " + TestPlatform.plugin("hw-ept-interval"));
        held = Bundles.one(context, "hw-ept-interval").adapt(BundleWiring.class).getClassLoader();

        assertThat(shell("hsm:unplug interval")).contains("LEAKED", "hsm:leaks");
        assertThat(shell("hsm:leaks"))
                .containsPattern("org\\.cupule\\.hw\\.ept\\.interval@\\S+ is held by a static: give nothing")
                .contains("class " + ShellIT.class.getName(), "static held -> ");
        assertThat(shell("hsm:plugins")).containsPattern("org\\.cupule\\.hw\\.ept\\.interval .*LEAKED");

        held = null;
        assertThat(shell("hsm:leaks")).contains("nothing: the class loaders of all uninstalled plug-ins are collected");
        assertThat(shell("hsm:pluginlog"))
                .containsPattern("org\\.cupule\\.hw\\.ept\\.interval@\\S+ +GONE +what held its class loader");
    }

    @Test
    public void namesTheThreadThatIsStuckInAPluginUntilItComesBack() throws Exception {
        var goOn = new CountDownLatch(1);
        PluginService hanging = PluginService.like(uart(), "9.0.0", uart().schema().reads());
        hanging.onRestore = goOn::await;
        ServiceRegistration<?> service = hanging.register(context);
        try {
            assertThat(refused("hsm:swap -d 300 %s test".formatted(guest.target("com1")))).contains("ETIMEDOUT");

            assertThat(shell("hsm:stuck")).containsPattern(guest.target("com1") + "\\S* +\\S+ +\\S+-swap +")
                    .contains(PluginService.class.getSimpleName());
            guest.awaitMore("count", 1);
        } finally {
            goOn.countDown();
            service.unregister();
        }
        Await.until(() -> !shellQuietly("hsm:stuck").contains(guest.target("com1")), Duration.ofSeconds(60),
                () -> "the thread to come back");
    }

    private DeviceFactory uart() throws InvalidSyntaxException {
        return context.getServiceReferences(DeviceFactory.class, null).stream().map(context::getService)
                .filter(factory -> factory.info().kind().equals("uart16550")).findFirst().orElseThrow();
    }

    @Test
    public void refusesToUnplugWhatIsInUseAndSaysByWhom() throws Exception {
        assertThat(refused("hsm:unplug org.cupule.hw.ept")).contains("EBUSY", guest.target("ept"));
        guest.awaitMore("count", 1);
    }

    @Test
    public void listsDevicesAddsOneAndRemovesIt() throws Exception {
        assertThat(shell("hsm:devices swapcount")).containsPattern("com1 +uart16550 .*running");
        assertThat(shell("hsm:adddevice swapcount debugexit second port=0x600; hsm:devices swapcount"))
                .containsPattern("second +debugexit .*600");
        assertThat(shell("hsm:removedevice swapcount second; hsm:devices swapcount")).doesNotContain("second");
    }

    @Test
    public void failureIsOneSentenceAndStatusOneAndTheRestIsLeftOut() throws Exception {
        Result result = run("hsm:vm nobody; hsm:vms");

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err().strip()).startsWith("error: ").contains("'nobody'", "swapcount", "ENOENT")
                .doesNotContain("\n");
    }

    @Test
    public void unknownTargetsAndModelsAreNamed() throws Exception {
        assertThat(refused("hsm:swap vm99.ept interval")).contains("vm99.ept", guest.target("ept"));
        assertThat(refused("hsm:swap %s nosuch".formatted(guest.target("ept")))).contains("nosuch", "four-level");
        assertThat(refused("hsm:create nosuchguest")).contains("nosuchguest", "ENOENT");
        assertThat(refused("hsm:dump swapcount 0xFFFFFFFFF000 16")).contains("EFAULT", "hsm:memory");
        assertThat(refused("hsm:dump swapcount here 16")).contains("'here'", "EINVAL");
        assertThat(refused("nosuchcommand")).contains("nosuchcommand", "help");
        assertThat(refused("hsm:plug /nowhere/none.jar")).contains("none.jar", "ENOENT");
    }

    private String shell(String script) throws Exception {
        Result result = run(script);
        assertThat(result.status()).as(script + ": " + result.err()).isZero();
        return result.out();
    }

    private String refused(String script) throws Exception {
        Result result = run(script);
        assertThat(result.status()).as(script).isEqualTo(1);
        return result.err();
    }

    @SuppressWarnings("unchecked")
    private Result run(String script) throws Exception {
        var command = (Function<Map<String, Object>, Integer>) context.getServiceReferences(Function.class,
                "(" + CommandLine.COMMAND + "=shell)").stream().map(context::getService).findFirst().orElseThrow();
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int status = command.apply(Map.of(CommandLine.ARGUMENTS, new String[]{"-c", script},
                CommandLine.IN, (InputStream) new ByteArrayInputStream(new byte[0]),
                CommandLine.OUT, new PrintStream(out, true, StandardCharsets.UTF_8),
                CommandLine.ERR, new PrintStream(err, true, StandardCharsets.UTF_8),
                CommandLine.TERMINAL, false, CommandLine.HOME, Path.of("."),
                CommandLine.BUNDLES, TestPlatform.started("x").getParent(),
                CommandLine.PLUGINS, TestPlatform.plugin("x").getParent()));
        return new Result(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}

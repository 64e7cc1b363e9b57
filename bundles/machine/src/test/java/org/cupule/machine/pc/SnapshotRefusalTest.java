package org.cupule.machine.pc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.AbstractStringAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.fake.Probe;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be saved or restored: each with one sentence, and nothing left. */
@Timeout(180)
class SnapshotRefusalTest {
    /** l: mov dx,0x101; in al,dx; jmp l. */
    private static final String READS_FOR_EVER = "BA0101 EC EBFA";

    private final SnapshotRig here = new SnapshotRig();
    private final SnapshotRig there = new SnapshotRig();
    private final Probe.Factory probes = Probe.Factory.of(1);

    @TempDir
    Path folder;

    @AfterEach
    void nothingIsLeft() {
        here.machines.machines().forEach(Machine::close);
        there.machines.machines().forEach(Machine::close);
        assertThat(here.hsm.machines()).isEmpty();
        assertThat(there.hsm.machines()).isEmpty();
    }

    private static AbstractStringAssert<?> refused(Errno errno, ThrowingCallable call) {
        return assertThatThrownBy(call).isInstanceOfSatisfying(HsmException.class,
                failure -> assertThat(failure.errno()).as(failure.getMessage()).isEqualTo(errno))
                .message().satisfies(text -> assertThat(text.lines()).hasSize(1));
    }

    private Path file() {
        return folder.resolve("machine.snapshot");
    }

    private Machine machine(DeviceDescription... devices) throws Exception {
        Path image = Files.write(folder.resolve("guest"), HexFormat.of().parseHex(READS_FOR_EVER.replace(" ", "")));
        return here.machines.create(new MachineDescription("guest", "", 2 << 20, 1,
                Optional.of(new Image(Optional.of(image), "", "flat", 0x7C00, "", List.of())), List.of(devices),
                Map.of(), Behaviour.X86, false, false));
    }

    private Machine withProbe() throws Exception {
        here.machines.bindDeviceFactory(probes, Map.of());
        return machine(probe());
    }

    private static DeviceDescription probe() {
        return new DeviceDescription("probe", "probe", "", Map.of(), Map.of(), "", Map.of(), "");
    }

    private Machine paused(Machine machine) {
        machine.start();
        machine.pause();
        return machine;
    }

    // ------------------------------------------------------------------ save

    @Test
    void runningMachineIsNotSaved() throws Exception {
        Machine machine = machine();
        refused(Errno.EBUSY, () -> machine.save(file()));
        machine.start();
        refused(Errno.EBUSY, () -> machine.save(file()));
        assertThat(file()).doesNotExist();
    }

    @Test
    void foreignClientIsNamedBefore() throws Exception {
        Machine machine = paused(machine());
        machine.vm().ioRequests().threaded("stranger", access -> 1).add(IoRange.ports(0x300, 1));

        assertThat(machine.saveObstacles()).singleElement().asString().contains("'stranger'");
        refused(Errno.EOPNOTSUPP, () -> machine.save(file()));
    }

    @Test
    void deviceThatFailsToSaveIsNamedAndTheMachineGoesOn() throws Exception {
        probes.onSave = probe -> {
            throw new IllegalStateException("no");
        };
        Machine machine = paused(withProbe());

        refused(Errno.EIO, () -> machine.save(file()));

        machine.start();
        long before = machine.devices().getFirst().accesses();
        SnapshotRig.await("more accesses", machine, () -> machine.devices().getFirst().accesses() > before);
    }

    @Test
    void deviceThatHangsInItsSaveIsGivenUpAndTheOthersGoOn() throws Exception {
        var mayReturn = new CountDownLatch(1);
        probes.onSave = probe -> awaitQuietly(mayReturn);
        here.machines.bindDeviceFactory(probes, Map.of());
        Machine machine = paused(machine(
                new DeviceDescription("uart16550", "com1", "", Map.of(), Map.of(), "", Map.of(), "console"), probe()));

        refused(Errno.ETIMEDOUT, () -> machine.save(file())).contains("'probe'");

        assertThat(machine.devices().get(1).status()).startsWith("quarantined");
        assertThat(machine.devices().get(0).status()).isEqualTo("running");
        machine.start();
        mayReturn.countDown();
        machine.pause();
        assertThat(machine.saveObstacles()).singleElement().asString().contains("'probe'", "quarantined");
        machine.unplug("probe");
        machine.save(file());
        assertThat(file()).exists();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void folderThatIsNotThereIsNamed() throws Exception {
        Machine machine = paused(machine());

        refused(Errno.EACCES, () -> machine.save(folder.resolve("nowhere").resolve("machine.snapshot")))
                .contains("nowhere");
    }

    // ------------------------------------------------------------------ restore

    private Path saved() throws Exception {
        return SnapshotRig.saved(paused(withProbe()), file());
    }

    @Test
    void fileThatIsNotThere() {
        refused(Errno.ENOENT, () -> there.machines.restore(folder.resolve("nowhere"))).contains("nowhere");
        refused(Errno.ENOENT, () -> there.machines.restore(folder));
    }

    @Test
    void fileThatIsNoSnapshot() throws Exception {
        for (String text : List.of("", "{}", "{\"format\": \"cupule-snapshot\"}", "x".repeat(5000))) {
            Path file = Files.writeString(file(), text);
            refused(Errno.EINVAL, () -> there.machines.restore(file)).contains("no snapshot");
        }
    }

    @Test
    void snapshotThatWasCutOff() throws Exception {
        byte[] bytes = Files.readAllBytes(saved());
        for (int length : List.of(bytes.length - 1, bytes.length - 40, bytes.length / 2, 100)) {
            Path cut = Files.write(folder.resolve("cut"), java.util.Arrays.copyOf(bytes, length));
            refused(Errno.EINVAL, () -> there.machines.restore(cut)).contains("damaged");
        }
    }

    @Test
    void snapshotOfAnotherVersion() throws Exception {
        byte[] bytes = Files.readAllBytes(saved());
        int version = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("version") + "version".length();
        bytes[version] = 7;
        Path newer = Files.write(folder.resolve("newer"), bytes);

        refused(Errno.EINVAL, () -> there.machines.restore(newer)).contains("version 7")
                .contains("version 1");
    }

    @Test
    void machineOfThatNameIsThere() throws Exception {
        Machine machine = paused(machine());
        machine.save(file());

        refused(Errno.EEXIST, () -> here.machines.restore(file())).contains("'guest'");
    }

    @Test
    void deviceOfATypeThatNobodyOffers() throws Exception {
        Path file = saved();

        refused(Errno.ENODEV, () -> there.machines.restore(file)).contains("'probe'");
    }

    @Test
    void deviceWhoseStateNobodyReads() throws Exception {
        Path file = saved();
        there.machines.bindDeviceFactory(new Probe.Factory(2, Set.of(2), Set.of(2), probes.spec()), Map.of());

        refused(Errno.ENODEV, () -> there.machines.restore(file)).contains("probe@1.0.0")
                .contains("[1]").contains("[2]");
    }

    @Test
    void deviceThatDoesNotTakeItsState() throws Exception {
        Path file = saved();
        Probe.Factory broken = Probe.Factory.of(1);
        broken.onRestore = probe -> {
            throw new IllegalStateException("I am another one");
        };
        there.machines.bindDeviceFactory(broken, Map.of());

        refused(Errno.EINVAL, () -> there.machines.restore(file)).contains("'probe'")
                .contains("I am another one");
    }

    @Test
    void deviceThatHangsWhenItTakesItsState() throws Exception {
        Path file = saved();
        var mayReturn = new CountDownLatch(1);
        Probe.Factory broken = Probe.Factory.of(1);
        broken.onRestore = probe -> awaitQuietly(mayReturn);
        there.machines.bindDeviceFactory(broken, Map.of());

        refused(Errno.ETIMEDOUT, () -> there.machines.restore(file)).contains("'probe'");
        mayReturn.countDown();
    }

    // ------------------------------------------------------------------ what goes with it

    @Test
    void newerModelTakesOverWhereTheOldOneIsNotThere() throws Exception {
        Path file = saved();
        Probe.Factory newer = Probe.Factory.of(2);
        there.machines.bindDeviceFactory(newer, Map.of());

        Machine machine = there.machines.restore(file);

        assertThat(machine.devices().getFirst().model()).isEqualTo("probe@2.0.0");
        assertThat(newer.made.getFirst().count()).isZero();
    }

    @Test
    void timersAndLinesOfADeviceGoOn() throws Exception {
        probes.onRead = probe -> {
            probe.context().line(0, true);
            probe.timer().arm(Long.MAX_VALUE - 1);
        };
        Machine machine = withProbe();
        machine.start();
        SnapshotRig.await("an access", machine, () -> machine.devices().getFirst().accesses() > 0);
        Path file = SnapshotRig.saved(machine, file());
        Probe.Factory other = Probe.Factory.of(1);
        there.machines.bindDeviceFactory(other, Map.of());

        there.machines.restore(file);

        assertThat(other.made.getFirst().timer().deadline()).isEqualTo(Long.MAX_VALUE - 1);
    }

    @Test
    void resetLoadsTheImageAgainAndOneThatIsGoneIsNamedBeforeAnythingIsTouched() throws Exception {
        Path file = saved();
        there.machines.bindDeviceFactory(probes, Map.of());
        Machine machine = there.machines.restore(file);
        machine.start();
        machine.reset();
        assertThat(machine.status()).isEqualTo("running");
        Files.delete(folder.resolve("guest"));

        refused(Errno.ENOENT, machine::reset).contains("guest");

        assertThat(machine.status()).isEqualTo("running");
        long before = machine.devices().getFirst().accesses();
        SnapshotRig.await("more accesses", machine, () -> machine.devices().getFirst().accesses() > before);
    }

    @Test
    void inputThatWaitsIsReadAndOutputIsShownAfterwards() throws Exception {
        Machine machine = here.demo(1, false, false);
        machine.pause();
        String said = SnapshotRig.said(machine);
        SnapshotRig.type(machine, 'q');
        machine.save(file());
        machine.close();

        Machine after = there.machines.restore(file());
        assertThat(SnapshotRig.said(after)).isEqualTo(said);
        after.start();

        SnapshotRig.await("its end", after, () -> after.outcome().toCompletableFuture().isDone());
        assertThat(SnapshotRig.said(after)).contains("verdict: ok");
    }

    @Test
    void fileOfASerialLineIsWrittenOn() throws Exception {
        Path out = folder.resolve("com1.txt");
        Machine machine = paused(machine(new DeviceDescription("uart16550", "com1", "", Map.of(), Map.of(), "",
                Map.of(), "file:" + out)));
        Files.writeString(out, "before\n");

        SnapshotRig.saved(machine, file());
        there.machines.restore(file());

        assertThat(out).hasContent("before\n");
    }
}

package org.cupule.machine.pc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.cupule.machine.Machine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The demonstration guest, which checks every answer, is saved under load and restored on another platform. */
@Timeout(180)
class SnapshotTest {
    private final SnapshotRig here = new SnapshotRig();
    private final SnapshotRig there = new SnapshotRig();

    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0} CPUs, deterministic time {1}, queued upcall {2}")
    @CsvSource({"2,false,false", "2,false,true", "2,true,false", "1,false,false"})
    void guestGoesOnWithoutALostRequest(int cpus, boolean deterministic, boolean queued) throws Exception {
        Machine before = here.demo(cpus, deterministic, queued);
        before.pause();
        long posted = before.vm().ioRequests().counters().posted();
        Path file = SnapshotRig.saved(before, folder.resolve("demo.snapshot"));

        try (Machine after = there.machines.restore(file)) {
            assertThat(after.status()).isEqualTo("paused");
            // In queued mode up to one request a processor was posted and not looked at yet.
            assertThat(after.vm().ioRequests().counters().posted()).isBetween(posted, posted + cpus);
            after.start();
            SnapshotRig.report(after);

            assertThat(SnapshotRig.verdict(after)).startsWith("verdict: ok");
            // The request that ended the guest, and one of the other processor, may be with the dispatcher still.
            SnapshotRig.awaitAnswers(after);
            var counters = after.vm().ioRequests().counters();
            assertThat(counters.lost() + counters.twice()).isZero();
            assertThat(counters.posted()).isGreaterThan(posted);
        }
    }

    @Test
    void savedMachineGoesOnToo() throws Exception {
        try (Machine machine = here.demo(2, false, false)) {
            machine.pause();
            machine.save(folder.resolve("demo.snapshot"));
            machine.start();
            SnapshotRig.report(machine);

            assertThat(SnapshotRig.verdict(machine)).startsWith("verdict: ok");
        }
    }

    @Test
    void machineIsSavedAndRestoredManyTimes() throws Exception {
        Path file = SnapshotRig.saved(here.demo(2, false, false), folder.resolve("demo.snapshot"));
        for (int time = 0; time < 10; time++) {
            SnapshotRig rig = time % 2 == 0 ? there : here;
            Machine machine = rig.machines.restore(file);
            machine.start();
            SnapshotRig.report(machine);
            SnapshotRig.saved(machine, file);
        }
        try (Machine last = there.machines.restore(file)) {
            last.start();
            SnapshotRig.report(last);

            assertThat(SnapshotRig.verdict(last)).startsWith("verdict: ok");
        }
    }

    @Test
    void fileIsSparseAndItsOwnersAlone() throws Exception {
        Path file = SnapshotRig.saved(here.demo(1, false, false), folder.resolve("demo.snapshot"));

        assertThat(Files.size(file)).isLessThan(8 << 20);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }
}

package org.cupule.tck.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.cupule.hardware.Ept;
import org.cupule.hardware.EptWalk;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Walks of an {@link Ept} beside its one writer: each page is seen before or after a change.
 *
 * @threading starts one reader; the writer is the test's thread
 */
@Timeout(180)
public abstract class EptRaceContract {
    private static final long K4 = 1L << 12;
    private static final long M2 = 1L << 21;
    private static final long G1 = 1L << 30;
    private static final int ROUNDS = 3000;

    private final Ept ept = create();
    private final ExecutorService executor = Executors.newSingleThreadExecutor();
    private final AtomicBoolean done = new AtomicBoolean();
    private final CountDownLatch started = new CountDownLatch(1);

    /** {@return a new model in its power-on state} */
    protected abstract Ept create();

    @AfterEach
    void stopReader() {
        done.set(true);
        executor.shutdownNow();
    }

    /** Repeats a check until the writer is done. @return whether it held each time */
    private Future<Boolean> reader(BooleanSupplier check) {
        return executor.submit(() -> {
            boolean holds = check.getAsBoolean();
            started.countDown();
            while (holds && !done.get()) {
                holds = check.getAsBoolean();
            }
            return holds;
        });
    }

    private void assertHolds(Future<Boolean> reader, Runnable writer)
            throws InterruptedException, ExecutionException, TimeoutException {
        assertThat(started.await(60, TimeUnit.SECONDS)).isTrue();
        for (int round = 0; round < ROUNDS; round++) {
            writer.run();
        }
        done.set(true);
        assertThat(reader.get(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void neverLosesAPageWhileItsNeighboursComeAndGo() throws Exception {
        ept.map(0, 4 * G1, G1, Access.ALL, MemoryType.WB);
        EptWalk out = new EptWalk();
        long gpa = 5 * M2 + 9 * K4 + 0x321;

        Future<Boolean> reader = reader(
                () -> ept.walk(gpa, Access.ALL, out) && out.hpa == 4 * G1 + gpa && out.type == MemoryType.WB);

        assertHolds(reader, () -> {
            ept.unmap(5 * M2 + 8 * K4, K4);
            ept.unmap(5 * M2 + 10 * K4, 100 * M2);
            ept.map(5 * M2, 4 * G1 + 5 * M2, 200 * M2, Access.ALL, MemoryType.WB);
        });
    }

    @Test
    void splitsALargePageWithoutAGap() throws Exception {
        EptWalk out = new EptWalk();
        Ept[] present = {create()};
        long gpa = 3 * M2 + 0x4567;
        present[0].map(0, 4 * G1, G1, Access.ALL, MemoryType.WB);
        Future<Boolean> reader = reader(() -> {
            synchronized (present) {
                return present[0].walk(gpa, Access.READ, out) && out.hpa == 4 * G1 + gpa;
            }
        });
        // Each round splits afresh: 1 GiB into 2 MiB, and one of these into 4 KiB. The lock guards the array only when
        // a fresh model comes; the splits themselves run beside the reader.
        assertHolds(reader, () -> {
            present[0].protect(3 * M2, K4, Access.READ);
            present[0].protect(3 * M2 + 5 * K4, K4, 0);
            Ept fresh = create();
            fresh.map(0, 4 * G1, G1, Access.ALL, MemoryType.WB);
            synchronized (present) {
                present[0] = fresh;
            }
        });
    }

    @Test
    void showsAPageWithItsOldOrItsNewMappingOnly() throws Exception {
        EptWalk out = new EptWalk();
        Future<Boolean> reader = reader(() -> !ept.walk(7 * K4 + 0x10, 0, out)
                || out.hpa == 0x1_7010 && out.access == Access.READ && out.type == MemoryType.UC
                || out.hpa == 4 * G1 + 7 * K4 + 0x10 && out.access == Access.ALL && out.type == MemoryType.WB);

        assertHolds(reader, () -> {
            ept.map(0, 0x1_0000, 8 * K4, Access.READ, MemoryType.UC);
            ept.unmap(0, M2);
            ept.map(0, 4 * G1, M2, Access.ALL, MemoryType.WB);
            ept.unmap(0, 512 * G1);
        });
    }

    @Test
    void keepsEveryPageWhileStateIsRestored() throws Exception {
        ept.map(0, 4 * G1, 3 * M2 + K4, Access.ALL, MemoryType.WB);
        var state = ept.save(1);
        EptWalk out = new EptWalk();
        Future<Boolean> reader = reader(
                () -> ept.walk(3 * M2 + 1, Access.WRITE, out) && out.hpa == 4 * G1 + 3 * M2 + 1);

        assertHolds(reader, () -> ept.restore(state));
    }
}

package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.hypervisor.Region;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What holds while several threads map and unmap at once. */
@Tag("slow")
public abstract class MemoryRaceContract extends HsmFixture {
    private static final int PAGE = 4096;
    private static final int PAGES = 32;
    private static final int THREADS = 4;
    private static final int STEPS = 400;
    private static final long DEADLINE_SECONDS = 60;

    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private GuestMemory memory = vm.memory();

    /** Only a contract. */
    protected MemoryRaceContract() {
    }

    @AfterEach
    void endThreads() {
        threads.shutdownNow();
    }

    @Test
    @DisplayName("HSM-MEM-12 however many map and unmap at once, HSM and hypervisor agree on every page at the end")
    void bothAgreeOnEveryPage() throws InterruptedException, ExecutionException, TimeoutException {
        List<Future<?>> parts = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Random random = new Random(i);
            Ram ram = memory.allocate(PAGES * PAGE);
            parts.add(threads.submit((Callable<Object>) () -> change(random, ram)));
        }
        for (Future<?> part : parts) {
            part.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        }

        TreeMap<Long, Long> here = new TreeMap<>();
        for (GuestMemory.Mapping mapping : memory.mappings()) {
            for (long gpa = mapping.gpa(); gpa < mapping.gpa() + mapping.lengthBytes(); gpa += PAGE) {
                assertThat(here.put(gpa, (long) mapping.access())).as("page 0x%x is mapped once", gpa).isNull();
            }
        }
        assertThat(here).isEqualTo(replayed());
    }

    private String change(Random random, Ram ram) {
        for (int step = 0; step < STEPS; step++) {
            int first = random.nextInt(PAGES);
            long length = (long) PAGE * (1 + random.nextInt(PAGES - first));
            if (random.nextBoolean()) {
                memory.mapMmio((long) first * PAGE, ram, 0, length, 1 + random.nextInt(Access.ALL));
            } else {
                unmap((long) first * PAGE, length);
            }
        }
        return "";
    }

    private void unmap(long gpa, long length) {
        try {
            memory.unmapMmio(gpa, length);
        } catch (HsmException partlyUnmapped) {
            assertThat(partlyUnmapped.errno()).isEqualTo(Errno.EINVAL);
        }
    }

    /** {@return what the hypervisor has in the end: the access of each page; an add leaves what is mapped} */
    private TreeMap<Long, Long> replayed() {
        TreeMap<Long, Long> pages = new TreeMap<>();
        for (Region region : partition.regions()) {
            for (long gpa = region.gpa(); gpa < region.gpa() + region.lengthBytes(); gpa += PAGE) {
                if (region.ram() == null) {
                    assertThat(pages.remove(gpa)).as("what is removed at 0x%x was mapped", gpa).isNotNull();
                } else {
                    assertThat(pages.putIfAbsent(gpa, (long) region.access())).as("0x%x was free", gpa).isNull();
                }
            }
        }
        return pages;
    }
}

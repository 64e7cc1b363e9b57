package org.cupule.tck.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.TreeMap;
import org.cupule.hardware.Ept;
import org.cupule.hardware.EptWalk;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.cupule.state.ModelState;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Random changes of an {@link Ept}, against the simplest model there is: a map with an entry for each page. The
 * addresses lie around corners of 2 MiB and 1 GiB, so that large pages are made, split and dropped.
 *
 * @threading confined to the test's thread
 */
public abstract class EptModelContract {
    private static final long K4 = 1L << 12;
    private static final long M2 = 1L << 21;
    private static final long BASE = (1L << 30) - 2 * M2;
    private static final int PAGES = 4 * 512;
    private static final int CHANGES = 120;

    /** One page of the simple model. */
    private record Page(long hpa, int access, MemoryType type) {
    }

    private final TreeMap<Long, Page> pages = new TreeMap<>();
    private final EptWalk out = new EptWalk();
    private Ept ept = create();

    /** {@return a new model in its power-on state} */
    protected abstract Ept create();

    @RepeatedTest(8)
    void agreesWithAMapOfPages(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        for (int change = 0; change < CHANGES; change++) {
            change(random);
            assertAgrees();
        }
        assertThat(ept.save(1)).isEqualTo(state());
        Ept copy = create();
        copy.restore(ept.save(1));
        ept = copy;
        assertAgrees();
    }

    private void change(Random random) {
        boolean large = random.nextInt(3) == 0;
        long first = random.nextInt(PAGES) * K4;
        long length = Math.min((1 + random.nextInt(40)) * K4, PAGES * K4 - first);
        if (large) {
            first = first & -M2;
            length = M2 * (1 + random.nextInt((int) ((PAGES * K4 - first) / M2)));
        }
        int access = random.nextInt(8);
        MemoryType type = random.nextBoolean() ? MemoryType.WB : MemoryType.UC;
        long delta = random.nextInt(4) * M2 + random.nextInt(2) * K4;
        switch (random.nextInt(4)) {
            case 0 -> unmap(BASE + first, length);
            case 1 -> protect(BASE + first, length, access);
            default -> map(BASE + first, BASE + first + delta, length, access, type);
        }
    }

    private void map(long gpa, long hpa, long length, int access, MemoryType type) {
        long expected = 0;
        for (long offset = 0; offset < length; offset += K4) {
            Page old = pages.putIfAbsent(gpa + offset, new Page(hpa + offset, access, type));
            expected += old == null ? K4 : 0;
        }
        assertThat(ept.map(gpa, hpa, length, access, type)).isEqualTo(expected);
    }

    private void unmap(long gpa, long length) {
        pages.subMap(gpa, gpa + length).clear();
        ept.unmap(gpa, length);
    }

    private void protect(long gpa, long length, int access) {
        pages.subMap(gpa, gpa + length).replaceAll((at, page) -> new Page(page.hpa, access, page.type));
        ept.protect(gpa, length, access);
    }

    private void assertAgrees() {
        for (long gpa = BASE - K4; gpa <= BASE + PAGES * K4; gpa += K4) {
            Page page = pages.get(gpa);
            boolean found = ept.walk(gpa + 0x123, 0, out);
            if (found != (page != null) || found && !alike(page)) {
                throw new AssertionError("at gpa 0x%x: found %b, hpa 0x%x, access %s, expected %s".formatted(gpa, found,
                        out.hpa, Access.text(out.access), page));
            }
        }
    }

    private boolean alike(Page page) {
        return out.hpa == page.hpa + 0x123 && out.access == page.access && out.type == page.type;
    }

    /** {@return the state of the contract, joined from single pages} */
    private ModelState state() {
        long[][] columns = new long[5][pages.size()];
        int[] size = {0};
        pages.forEach((gpa, page) -> {
            int top = size[0] - 1;
            if (top >= 0 && columns[0][top] + columns[2][top] == gpa && columns[1][top] + columns[2][top] == page.hpa
                    && columns[3][top] == page.access && columns[4][top] == page.type.code()) {
                columns[2][top] += K4;
                return;
            }
            size[0]++;
            long[] row = {gpa, page.hpa, K4, page.access, page.type.code()};
            for (int i = 0; i < row.length; i++) {
                columns[i][top + 1] = row[i];
            }
        });
        String[] names = {"gpa", "hpa", "length", "access", "type"};
        var state = ModelState.of("ept", 1);
        for (int i = 0; i < names.length; i++) {
            state.put(names[i], java.util.Arrays.copyOf(columns[i], size[0]));
        }
        return state.build();
    }
}

package org.cupule.hsm.impl.ioreq;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.cupule.hsm.impl.ioreq.RangeIndex.Claim;
import org.cupule.types.AddressSpace;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The index against a naive model: all ranges, newest first, the first that contains the access. */
class RangeIndexTest {
    private record Entry(IoRange range, long ownerOrder, long order, Claim<String> claim) {
    }

    private final List<Entry> model = new ArrayList<>();
    private RangeIndex<String> index = RangeIndex.empty();
    private long orders;

    private Claim<String> add(long first, long last, long ownerOrder) {
        long order = ++orders;
        Claim<String> claim = new Claim<>(first, last, ownerOrder, order, "owner " + ownerOrder);
        model.add(new Entry(new IoRange(AddressSpace.MMIO, first, last), ownerOrder, order, claim));
        index = index.with(claim);
        return claim;
    }

    private void remove(int position) {
        index = index.without(model.remove(position).claim);
    }

    private String expected(long address, int size) {
        return model.stream().filter(entry -> entry.range.contains(address, size))
                .max(Comparator.comparingLong(Entry::ownerOrder).thenComparingLong(Entry::order))
                .map(entry -> "owner " + entry.ownerOrder).orElse(null);
    }

    private void assertAgreesFrom(long from, long to) {
        for (long address = from; address != to; address++) {
            for (int size = 1; size <= 8; size++) {
                assertThat(index.find(address, size)).as("%d bytes at 0x%x", size, address)
                        .isEqualTo(expected(address, size));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    @DisplayName("HSM-IOREQ-19 random ranges come and go; every access of 1 to 8 bytes finds what the model finds")
    void agreesWithModel(long seed) {
        Random random = new Random(seed);
        for (int step = 0; step < 60; step++) {
            boolean removes = !model.isEmpty() && random.nextInt(3) == 0;
            int position = removes ? random.nextInt(model.size()) : -1;
            long first = random.nextInt(60);
            change(position, first, first + random.nextInt(1 + random.nextInt(30)), random.nextInt(6));
            assertAgreesFrom(0, 100);
        }
    }

    private void change(int position, long first, long last, int ownerOrder) {
        if (position >= 0) {
            remove(position);
        } else {
            add(first, last, ownerOrder);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    @DisplayName("both ends of the 64-bit space behave as the middle does, and nothing wraps around")
    void agreesAtTheEnds(long seed) {
        Random random = new Random(seed);
        for (int step = 0; step < 40; step++) {
            long first = -40 + random.nextInt(40);
            add(first, first + random.nextInt((int) -first), random.nextInt(4));
            long low = random.nextInt(20);
            add(low, random.nextBoolean() ? -1 - random.nextInt(20) : low + random.nextInt(20), random.nextInt(4));
            if (step % 3 == 0) {
                remove(random.nextInt(model.size()));
            }
            assertAgreesFrom(-48, 30);
        }
    }

    @Test
    @DisplayName("the signed boundary at 2^63 is no boundary")
    void agreesAtTheSignBoundary() {
        add(Long.MAX_VALUE - 10, Long.MIN_VALUE + 10, 1);
        add(Long.MAX_VALUE, Long.MIN_VALUE, 2);

        assertAgreesFrom(Long.MAX_VALUE - 20, Long.MIN_VALUE + 20);
    }

    @Test
    @DisplayName("an access that the newest range does not hold whole goes to the next older one that does")
    void partialOverlapGoesToOlder() {
        add(0x100, 0x1FF, 1);
        add(0x110, 0x113, 2);

        assertThat(index.find(0x110, 4)).isEqualTo("owner 2");
        assertThat(index.find(0x112, 4)).isEqualTo("owner 1");
        assertThat(index.find(0x10E, 4)).isEqualTo("owner 1");
        assertThat(index.find(0x1FE, 4)).isNull();
    }

    @Test
    @DisplayName("removing all ranges leaves no intervals behind")
    void removalLeavesNothing() {
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            long first = random.nextInt(1000);
            add(first, first + random.nextInt(200), random.nextInt(5));
        }
        while (!model.isEmpty()) {
            remove(random.nextInt(model.size()));
        }

        assertThat(index.intervals()).isZero();
        assertThat(index.size()).isZero();
    }

    @Test
    @DisplayName("adding and removing the same range again and again does not cut the index into pieces")
    void changesDoNotFragment() {
        add(0, 0xFFFF, 1);
        for (int i = 0; i < 100; i++) {
            add(0x100 + i, 0x200 + i, 2);
            remove(1);
        }

        assertThat(index.intervals()).isEqualTo(1);
    }

    @Test
    @DisplayName("an index is immutable: a change leaves the older one as it was")
    void olderIndexStays() {
        add(0x10, 0x1F, 1);
        RangeIndex<String> before = index;
        add(0x18, 0x1F, 2);

        assertThat(before.find(0x18, 4)).isEqualTo("owner 1");
        assertThat(index.find(0x18, 4)).isEqualTo("owner 2");
    }

    @Test
    @DisplayName("a claim that is not there is not removed")
    void strangerIsNotRemoved() {
        add(0x10, 0x1F, 1);

        assertThat(index.without(new Claim<>(0x10, 0x1F, 1, 1, "owner 1"))).isSameAs(index);
    }

    @Tag("slow") // not repeated for each mutant
    @Test
    @DisplayName("ten thousand ranges, added one by one and removed one by one, each found in between")
    void holdsTenThousand() {
        for (int i = 0; i < 10_000; i++) {
            add(i * 0x1000L, i * 0x1000L + 0xFFF, i);
        }
        for (int i = 0; i < 10_000; i++) {
            assertThat(index.find(i * 0x1000L + 0x80, 4)).isEqualTo("owner " + i);
        }
        while (model.size() > 10) {
            index = index.without(model.removeLast().claim);
        }
        assertThat(index.intervals()).isEqualTo(10);
    }

    @Test
    @DisplayName("thousands of nested ranges need no more than linear memory")
    void nestedRangesStayLinear() {
        for (int i = 0; i < 2_000; i++) {
            add(i, 20_000L - i, i);
        }

        assertThat(index.intervals()).isEqualTo(3_999);
        assertThat(index.find(10_000, 8)).isEqualTo("owner 1999");
        assertThat(index.find(5, 8)).isEqualTo("owner 5");
        assertThat(index.find(19_999, 2)).isEqualTo("owner 0");
        assertThat(index.find(19_999, 3)).isNull();
    }
}

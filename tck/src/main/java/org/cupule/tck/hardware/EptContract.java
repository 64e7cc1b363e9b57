package org.cupule.tck.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.cupule.hardware.Ept;
import org.cupule.hardware.EptWalk;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Ept} must do. Source: Intel SDM volume 3, "The Extended Page Table Mechanism (EPT)"; {@code hsm.md}
 * section 6. The races are in {@link EptRaceContract}.
 *
 * @threading confined to the test's thread
 */
public abstract class EptContract {
    private static final long K4 = 1L << 12;
    private static final long M2 = 1L << 21;
    private static final long G1 = 1L << 30;
    private static final long END = 1L << Ept.GPA_BITS;
    private static final int R = Access.READ;
    private static final int RW = Access.READ | Access.WRITE;
    private static final int RX = Access.READ | Access.EXECUTE;

    /** A run as {@link Ept#forEach} reports it. */
    private record Run(long gpa, long hpa, long length, int access, MemoryType type) {
    }

    private final EptWalk out = new EptWalk();
    private final Ept ept = create();

    /** {@return a new model in its power-on state} */
    protected abstract Ept create();

    private static List<Run> runs(Ept ept) {
        List<Run> runs = new ArrayList<>();
        ept.forEach((gpa, hpa, length, access, type) -> runs.add(new Run(gpa, hpa, length, access, type)));
        return runs;
    }

    private long hpa(long gpa) {
        assertThat(ept.walk(gpa, 0, out)).as("gpa 0x%x is mapped", gpa).isTrue();
        return out.hpa;
    }

    @Test
    void mapsNothingAtPowerOn() {
        assertThat(runs(ept)).isEmpty();
        assertThat(ept.walk(0, 0, out)).isFalse();
        assertThat(ept.mapped(0, K4)).isFalse();
    }

    @Test
    void translatesEveryByteOfAPage() {
        assertThat(ept.map(0x5000, 0x7F00_0000_3000L, K4, Access.ALL, MemoryType.WB)).isEqualTo(K4);

        assertThat(hpa(0x5000)).isEqualTo(0x7F00_0000_3000L);
        assertThat(hpa(0x5FFF)).isEqualTo(0x7F00_0000_3FFFL);
        assertThat(ept.walk(0x4FFF, 0, out)).isFalse();
        assertThat(ept.walk(0x6000, 0, out)).isFalse();
    }

    @Test
    void fillsInTheWholeAnswerOfAWalk() {
        ept.map(0x5000, 0x9000, K4, RX, MemoryType.WT);

        assertThat(ept.walk(0x5123, R, out)).isTrue();
        assertThat(out.hpa).isEqualTo(0x9123);
        assertThat(out.access).isEqualTo(RX);
        assertThat(out.type).isEqualTo(MemoryType.WT);
        assertThat(out.pageBytes).isEqualTo(K4);
        assertThat(out.qualification).isEqualTo(RX << 3 | R);
    }

    @Test
    void grantsExactlyTheMappedRights() {
        for (int rights = 0; rights <= Access.ALL; rights++) {
            ept.map(K4 * rights, 0x10_0000, K4, rights, MemoryType.WB);
        }
        for (int rights = 0; rights <= Access.ALL; rights++) {
            for (int asked = 0; asked <= Access.ALL; asked++) {
                assertThat(ept.walk(K4 * rights, asked, out)).as("%s of %s", Access.text(asked), Access.text(rights))
                        .isEqualTo((asked & ~rights) == 0);
            }
        }
    }

    @Test
    void qualifiesAViolationWithTheAccessMadeAndTheRightsOfThePage() {
        ept.map(0x5000, 0x9000, K4, RX, MemoryType.WB);

        assertThat(ept.walk(0x5123, Access.WRITE, out)).isFalse();
        assertThat(out.qualification).isEqualTo(0b101_010);
        assertThat(out.access).isEqualTo(RX);
    }

    @Test
    void qualifiesAViolationOfAnUnmappedPageWithoutRights() {
        out.access = Access.ALL;

        assertThat(ept.walk(0x5123, Access.EXECUTE, out)).isFalse();
        assertThat(out.qualification).isEqualTo(0b000_100);
        assertThat(out.access).isZero();
    }

    @Test
    void keepsTheTypeOfEachMapping() {
        for (MemoryType type : MemoryType.values()) {
            ept.map(K4 * type.code(), K4 * 64, K4, RW, type);
        }
        for (MemoryType type : MemoryType.values()) {
            ept.walk(K4 * type.code(), R, out);
            assertThat(out.type).isEqualTo(type);
        }
    }

    @Test
    @DisplayName("HSM-MEM-12 an overlapping map keeps the old mapping and reports success")
    void leavesMappedPagesAsTheyAre() {
        ept.map(0x2000, 0xA000, 2 * K4, R, MemoryType.UC);

        long added = ept.map(0x1000, 0x100_1000, 4 * K4, Access.ALL, MemoryType.WB);

        assertThat(added).isEqualTo(2 * K4);
        assertThat(runs(ept)).containsExactly(new Run(0x1000, 0x100_1000, K4, Access.ALL, MemoryType.WB),
                new Run(0x2000, 0xA000, 2 * K4, R, MemoryType.UC),
                new Run(0x4000, 0x100_4000, K4, Access.ALL, MemoryType.WB));
        assertThat(ept.map(0x1000, 0, 4 * K4, R, MemoryType.WB)).isZero();
    }

    @Test
    void fillsTheGapsOfAPartlyMappedLargePage() {
        ept.map(M2 + 5 * K4, 0xA000, K4, R, MemoryType.UC);

        assertThat(ept.map(0, G1, 3 * M2, Access.ALL, MemoryType.WB)).isEqualTo(3 * M2 - K4);

        assertThat(hpa(M2 + 5 * K4)).isEqualTo(0xA000);
        assertThat(hpa(M2 + 4 * K4)).isEqualTo(G1 + M2 + 4 * K4);
        assertThat(hpa(M2 + 6 * K4 + 7)).isEqualTo(G1 + M2 + 6 * K4 + 7);
        assertThat(hpa(3 * M2 - 1)).isEqualTo(G1 + 3 * M2 - 1);
    }

    @Test
    void usesLargePagesWhereBothAddressesAreAligned() {
        ept.map(G1 - M2, 5 * G1 - M2, G1 + 2 * M2 + K4, Access.ALL, MemoryType.WB);

        ept.walk(G1 - 1, R, out);
        assertThat(out.pageBytes).isEqualTo(M2);
        ept.walk(G1 + 12345, R, out);
        assertThat(out.pageBytes).isEqualTo(G1);
        assertThat(out.hpa).isEqualTo(5 * G1 + 12345);
        ept.walk(2 * G1, R, out);
        assertThat(out.pageBytes).isEqualTo(M2);
        ept.walk(2 * G1 + M2, R, out);
        assertThat(out.pageBytes).isEqualTo(K4);
    }

    @Test
    void usesSmallPagesWhereTheHostAddressIsNotAligned() {
        ept.map(G1, G1 + K4, G1, Access.ALL, MemoryType.WB);

        assertThat(ept.walk(G1 + 3 * M2 + 5, R, out)).isTrue();
        assertThat(out.pageBytes).isEqualTo(K4);
        assertThat(out.hpa).isEqualTo(G1 + K4 + 3 * M2 + 5);
    }

    @Test
    void neverReportsALargerPageThanIsMappedAlike() {
        ept.map(0, 4 * G1, 2 * G1, Access.ALL, MemoryType.WB);
        ept.unmap(G1 + M2, K4);
        ept.protect(M2, K4, R);

        for (long gpa : new long[]{0, M2 - 1, M2, M2 + K4, 2 * M2, G1 - 1, G1, G1 + M2 + K4, G1 + 2 * M2}) {
            assertThat(ept.walk(gpa, R, out)).isTrue();
            int access = out.access;
            long first = gpa & -out.pageBytes;
            long last = first + out.pageBytes - 1;
            int alike = 0;
            for (long at = first; at <= last; at += K4) {
                alike += ept.walk(at, 0, out) && out.hpa - at == 4 * G1 && out.access == access ? 1 : 0;
            }
            assertThat(alike * K4).as("page around 0x%x", gpa).isEqualTo(last - first + 1);
        }
    }

    @Test
    void unmapsOnePageOfAHugeOne() {
        ept.map(0, G1, G1, Access.ALL, MemoryType.WB);

        ept.unmap(77 * M2 + 3 * K4, K4);

        assertThat(ept.walk(77 * M2 + 3 * K4, 0, out)).isFalse();
        assertThat(runs(ept)).containsExactly(new Run(0, G1, 77 * M2 + 3 * K4, Access.ALL, MemoryType.WB),
                new Run(77 * M2 + 4 * K4, G1 + 77 * M2 + 4 * K4, G1 - 77 * M2 - 4 * K4, Access.ALL, MemoryType.WB));
    }

    @Test
    void passesOverPagesThatAreNotMappedWhenItUnmaps() {
        ept.map(0x3000, 0x9000, K4, R, MemoryType.WB);

        ept.unmap(0, 512 * G1);

        assertThat(runs(ept)).isEmpty();
        ept.unmap(0, 512 * G1);
        assertThat(runs(ept)).isEmpty();
    }

    @Test
    void mapsLargeAgainWhatWasUnmappedInPieces() {
        ept.map(0, G1, M2, Access.ALL, MemoryType.WB);
        for (long gpa = 0; gpa < M2; gpa += K4) {
            ept.unmap(gpa, K4);
        }

        assertThat(ept.map(0, 2 * G1, M2, R, MemoryType.UC)).isEqualTo(M2);

        ept.walk(0x1234, R, out);
        assertThat(out.pageBytes).isEqualTo(M2);
        assertThat(out.hpa).isEqualTo(2 * G1 + 0x1234);
    }

    @Test
    void protectsAPartOfALargePage() {
        ept.map(0, G1, 2 * M2, Access.ALL, MemoryType.WB);

        ept.protect(M2 + K4, 2 * K4, R);

        assertThat(runs(ept)).containsExactly(new Run(0, G1, M2 + K4, Access.ALL, MemoryType.WB),
                new Run(M2 + K4, G1 + M2 + K4, 2 * K4, R, MemoryType.WB),
                new Run(M2 + 3 * K4, G1 + M2 + 3 * K4, M2 - 3 * K4, Access.ALL, MemoryType.WB));
        assertThat(ept.walk(M2 + K4, Access.WRITE, out)).isFalse();
        assertThat(ept.walk(M2 + 3 * K4, Access.WRITE, out)).isTrue();
    }

    @Test
    void protectsOnlyWhatIsMapped() {
        ept.map(0x3000, 0x9000, K4, Access.ALL, MemoryType.WC);

        ept.protect(0, G1, R);

        assertThat(runs(ept)).containsExactly(new Run(0x3000, 0x9000, K4, R, MemoryType.WC));
    }

    @Test
    void keepsAPageThatLostAllItsRights() {
        ept.map(0, G1, M2, Access.ALL, MemoryType.WB);

        ept.protect(K4, K4, 0);

        assertThat(ept.walk(K4, R, out)).isFalse();
        assertThat(out.qualification).isEqualTo(0b000_001);
        assertThat(ept.mapped(0, M2)).isTrue();
        assertThat(ept.map(K4, 0, K4, R, MemoryType.UC)).isZero();
        ept.protect(K4, K4, RW);
        assertThat(ept.walk(K4 + 5, RW, out)).isTrue();
        assertThat(out.hpa).isEqualTo(G1 + K4 + 5);
        assertThat(out.type).isEqualTo(MemoryType.WB);
    }

    @Test
    void joinsPagesAgainThatGotTheirRightsBack() {
        ept.map(0, G1, M2, Access.ALL, MemoryType.WB);
        ept.protect(5 * K4, K4, R);

        ept.protect(5 * K4, K4, Access.ALL);

        assertThat(runs(ept)).containsExactly(new Run(0, G1, M2, Access.ALL, MemoryType.WB));
    }

    @Test
    void saysWhetherAWholeRangeIsMapped() {
        ept.map(K4, G1 + K4, M2, R, MemoryType.WB);
        ept.map(K4 + M2, 7 * K4, 2 * K4, RW, MemoryType.UC);

        assertThat(ept.mapped(K4, M2 + 2 * K4)).isTrue();
        assertThat(ept.mapped(0, K4)).isFalse();
        assertThat(ept.mapped(0, 2 * K4)).isFalse();
        assertThat(ept.mapped(M2, 4 * K4)).isFalse();
        ept.unmap(9 * K4, K4);
        assertThat(ept.mapped(K4, M2)).isFalse();
        assertThat(ept.mapped(K4, 8 * K4)).isTrue();
    }

    @Test
    void reachesTheLastPageOfTheAddressSpaceAndNoFurther() {
        assertThat(ept.map(END - K4, 0x9000, 3 * K4, RW, MemoryType.WB)).isEqualTo(K4);

        assertThat(hpa(END - 1)).isEqualTo(0x9FFF);
        assertThat(ept.walk(END, 0, out)).isFalse();
        assertThat(ept.walk(-1, R, out)).isFalse();
        assertThat(out.qualification).isEqualTo(0b000_001);
        assertThat(ept.mapped(END - K4, K4)).isTrue();
        assertThat(ept.mapped(END - K4, 2 * K4)).isFalse();
        assertThat(ept.map(END, 0x9000, K4, RW, MemoryType.WB)).isZero();
        assertThat(ept.mapped(END, K4)).isFalse();
    }

    @Test
    void survivesRangesThatWrapAround() {
        ept.map(0, 0x9000, K4, RW, MemoryType.WB);

        assertThat(ept.map(Long.MIN_VALUE, 0, K4, RW, MemoryType.WB)).isZero();
        ept.unmap(-K4, 2 * K4);
        ept.protect(Long.MIN_VALUE, Long.MIN_VALUE, 0);
        ept.unmap(2 * K4, -2 * K4);

        assertThat(ept.mapped(2 * K4, -2 * K4)).isFalse();
        assertThat(ept.walk(0, RW, out)).isTrue();
    }

    @Test
    void takesAnEmptyRangeForNothing() {
        assertThat(ept.map(0x5000, 0x9000, 0, RW, MemoryType.WB)).isZero();
        ept.map(0x4000, 0x8000, 2 * K4, RW, MemoryType.WB);
        ept.unmap(0x5000, 0);
        ept.protect(0x5000, 0, 0);

        assertThat(runs(ept)).containsExactly(new Run(0x4000, 0x8000, 2 * K4, RW, MemoryType.WB));
        assertThat(ept.mapped(0x9000, 0)).isTrue();
    }

    @Test
    void refusesHostAddressesThatDoNotFit() {
        assertThatThrownBy(() -> ept.map(0, (1L << Ept.HPA_BITS) - K4, 2 * K4, RW, MemoryType.WB))
                .isInstanceOfSatisfying(HsmException.class,
                        failure -> assertThat(failure.errno()).isEqualTo(Errno.EINVAL));
        assertThat(runs(ept)).isEmpty();
        assertThat(ept.map(0, (1L << Ept.HPA_BITS) - K4, K4, RW, MemoryType.WB)).isEqualTo(K4);
        assertThat(hpa(0xFFF)).isEqualTo((1L << Ept.HPA_BITS) - 1);
    }

    @Test
    void joinsNeighboursOnlyWhereAllContinues() {
        ept.map(0x3000, 0x13000, K4, RW, MemoryType.WB);
        ept.map(0x1000, 0x11000, K4, RW, MemoryType.WB);
        ept.map(0x2000, 0x12000, K4, RW, MemoryType.WB);
        ept.map(0x4000, 0x15000, K4, RW, MemoryType.WB);
        ept.map(0x5000, 0x16000, K4, R, MemoryType.WB);
        ept.map(0x6000, 0x17000, K4, R, MemoryType.UC);
        ept.map(0x8000, 0x19000, K4, R, MemoryType.UC);

        assertThat(runs(ept)).containsExactly(new Run(0x1000, 0x11000, 3 * K4, RW, MemoryType.WB),
                new Run(0x4000, 0x15000, K4, RW, MemoryType.WB), new Run(0x5000, 0x16000, K4, R, MemoryType.WB),
                new Run(0x6000, 0x17000, K4, R, MemoryType.UC), new Run(0x8000, 0x19000, K4, R, MemoryType.UC));
    }

    @Test
    void writesExactlyTheStateOfTheContract() {
        ept.map(0, G1, 3 * G1, Access.ALL, MemoryType.WB);
        ept.unmap(0xA0000, 0x20000);
        ept.map(0xA0000, 0x20_0000, 0x20000, RW, MemoryType.UC);

        assertThat(ept.save(1)).isEqualTo(pcMemory());
        assertThat(ept.save(1)).isEqualTo(pcMemory());
        assertThat(ept.schema().kind()).isEqualTo("ept");
        assertThat(ept.schema().reads()).contains(1);
        assertThat(ept.schema().writes()).contains(1);
    }

    private static ModelState pcMemory() {
        return state(new long[]{0, 0xA0000, 0xC0000}, new long[]{G1, 0x20_0000, G1 + 0xC0000},
                new long[]{0xA0000, 0x20000, 3 * G1 - 0xC0000}, new long[]{7, 3, 7}, new long[]{6, 0, 6});
    }

    private static ModelState state(long[] gpa, long[] hpa, long[] length, long[] access, long[] type) {
        return ModelState.of("ept", 1).put("gpa", gpa).put("hpa", hpa).put("length", length).put("access", access)
                .put("type", type).build();
    }

    @Test
    void readsTheStateOfAnyOtherImplementation() {
        ept.map(0x7000, 0x9000, 512 * G1, R, MemoryType.WP);

        ept.restore(pcMemory());

        assertThat(ept.save(1)).isEqualTo(pcMemory());
        assertThat(hpa(0xA0001)).isEqualTo(0x20_0001);
        assertThat(ept.walk(3 * G1, 0, out)).isFalse();
        ept.unmap(2 * G1, G1);
        assertThat(ept.mapped(0, 2 * G1)).isTrue();
        assertThat(ept.mapped(2 * G1, K4)).isFalse();
    }

    @Test
    void savesAndRestoresEmptiness() {
        ModelState empty = create().save(1);
        ept.map(0, 0, K4, R, MemoryType.WB);

        ept.restore(empty);

        assertThat(runs(ept)).isEmpty();
    }

    @Test
    void refusesStateThatNoModelCanHave() {
        long[] two = {0, 0x1000};
        long[] pages = {K4, K4};
        long[] ok = {1, 1};
        assertRefused(state(new long[]{0, 0}, two, pages, ok, ok));
        assertRefused(state(new long[]{0x1000, 0}, two, pages, ok, ok));
        assertRefused(state(two, two, new long[]{2 * K4, K4}, ok, ok));
        assertRefused(state(two, two, new long[]{K4, 0}, ok, ok));
        assertRefused(state(two, two, new long[]{K4, -K4}, ok, ok));
        assertRefused(state(two, two, new long[]{K4, 0x800}, ok, ok));
        assertRefused(state(two, two, new long[]{K4, END}, ok, ok));
        assertRefused(state(new long[]{0, 0x1001}, two, pages, ok, ok));
        assertRefused(state(new long[]{-K4, 0}, two, pages, ok, ok));
        assertRefused(state(new long[]{0, END}, two, pages, ok, ok));
        assertRefused(state(two, new long[]{0, 0x1800}, pages, ok, ok));
        assertRefused(state(two, new long[]{0, -K4}, pages, ok, ok));
        assertRefused(state(two, new long[]{0, 1L << Ept.HPA_BITS}, pages, ok, ok));
        assertRefused(state(two, two, pages, new long[]{1, 8}, ok));
        assertRefused(state(two, two, pages, ok, new long[]{1, 2}));
        assertRefused(state(two, two, pages, ok, new long[]{1, 7}));
        assertRefused(state(two, two, pages, ok, new long[]{1, -1}));
        assertRefused(state(two, two, pages, ok, new long[]{1}));
        assertRefused(ModelState.of("ept", 1).put("gpa", two).build());
    }

    private void assertRefused(ModelState state) {
        assertThatThrownBy(() -> create().restore(state)).as("%s", state).isInstanceOf(StateException.class)
                .hasMessageContaining("ept");
    }

    @Test
    void givesTwoModelsNothingInCommon() {
        Ept other = create();

        ept.map(0, 0, K4, R, MemoryType.WB);

        assertThat(other.mapped(0, K4)).isFalse();
    }

    @Test
    void walksWithoutAllocating() {
        ept.map(0, G1, M2 + 3 * K4, RX, MemoryType.WB);

        long bytes = Allocation.bytes(() -> {
            for (long gpa = 0; gpa < 2 * M2; gpa += K4) {
                ept.walk(gpa, R, out);
                ept.walk(gpa, RW, out);
            }
        });

        assertThat(bytes).isZero();
    }
}

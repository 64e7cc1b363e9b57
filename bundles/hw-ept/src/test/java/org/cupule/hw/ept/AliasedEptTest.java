package org.cupule.hw.ept;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.cupule.hardware.Ept;
import org.cupule.hardware.EptWalk;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.cupule.tck.hardware.AliasedEpt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The fault that the control of the memory test relies on is really there. */
class AliasedEptTest {
    private static final long HPA = 1L << 32;

    private final EptWalk out = new EptWalk();
    private final Ept ept = AliasedEpt.factory(new FourLevelEptFactory(), 0x30_0000, 0x50_0000).create();

    @BeforeEach
    void mapMemory() {
        ept.map(0, HPA, 16 << 20, Access.ALL, MemoryType.WB);
    }

    @Test
    void showsTheTargetInPlaceOfTheAlias() {
        assertThat(ept.walk(0x30_0123, Access.WRITE, out)).isTrue();
        assertThat(out.hpa).isEqualTo(HPA + 0x50_0123);
        assertThat(out.pageBytes).isEqualTo(4096);
    }

    @Test
    void keepsTheFaultOutOfTheLargePageAroundIt() {
        assertThat(ept.walk(0x30_1000, Access.WRITE, out)).isTrue();
        assertThat(out.hpa).isEqualTo(HPA + 0x30_1000);
        assertThat(out.pageBytes).isEqualTo(4096);
        ept.walk(0x80_0000, Access.WRITE, out);
        assertThat(out.pageBytes).isEqualTo(2 << 20);
    }

    @Test
    void visitsTheFaultAsARunOfItsOwn() {
        List<Long> runs = new ArrayList<>();
        ept.forEach((gpa, hpa, length, access, type) -> runs.addAll(List.of(gpa, hpa - HPA, length)));

        assertThat(runs).containsExactly(0L, 0L, 0x30_0000L, 0x30_0000L, 0x50_0000L, 0x1000L, 0x30_1000L, 0x30_1000L,
                (16L << 20) - 0x30_1000L);
    }

    @Test
    void savesTheStateOfTheSoundOne() {
        Ept sound = new FourLevelEpt();
        sound.restore(ept.save(1));

        assertThat(sound.walk(0x30_0000, Access.READ, out)).isTrue();
        assertThat(out.hpa).isEqualTo(HPA + 0x30_0000);
    }
}

package org.cupule.hw.ept;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.junit.jupiter.api.Test;

class EptEntryTest {
    private static final int WB_ALL = EptEntry.attributes(Access.ALL, MemoryType.WB);

    @Test
    void placesTheBitsOfALeafAsTheManualDoes() {
        assertThat(EptEntry.leaf(0x1234_5000, WB_ALL, 12)).isEqualTo(0x0010_0000_1234_5037L);
        assertThat(EptEntry.leaf(0x1220_0000, WB_ALL, 21)).isEqualTo(0x0010_0000_1220_00B7L);
        assertThat(EptEntry.leaf(0x4000_0000, EptEntry.attributes(Access.READ, MemoryType.WP), 30))
                .isEqualTo(0x0010_0000_4000_00A9L);
    }

    @Test
    void tellsLeavesFromTables() {
        assertThat(EptEntry.isLeaf(EptEntry.NONE, 12)).isFalse();
        assertThat(EptEntry.isLeaf(EptEntry.leaf(0, 0, 12), 12)).isTrue();
        assertThat(EptEntry.isLeaf(EptEntry.leaf(0, 0, 21), 21)).isTrue();
        assertThat(EptEntry.isLeaf(EptEntry.TABLE, 21)).isFalse();
    }

    @Test
    void splitsALeafIntoPartsThatSayTheSame() {
        EptTable parts = EptTable.split(EptEntry.leaf(0x4000_0000, WB_ALL, 30), 21);

        assertThat(parts.entry(0)).isEqualTo(EptEntry.leaf(0x4000_0000, WB_ALL, 21));
        assertThat(parts.entry(511)).isEqualTo(EptEntry.leaf(0x4000_0000 + 511L * 0x20_0000, WB_ALL, 21));
    }

    @Test
    void countsEntriesSoThatAnEmptyTableIsDropped() {
        EptTable table = new EptTable(12);
        table.leaf(3, EptEntry.leaf(0, WB_ALL, 12));
        table.leaf(3, EptEntry.leaf(0x1000, WB_ALL, 12));
        table.clear(3);
        table.clear(3);

        assertThat(table.empty()).isTrue();
    }
}

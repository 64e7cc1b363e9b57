package org.cupule.hsm.impl.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.List;
import org.cupule.hsm.impl.memory.MemoryMap.Piece;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.cupule.ram.Ram;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Pieces and ranges that touch, overlap and miss each other, to the byte. */
class MemoryMapTest {
    private final Ram ram = new Ram(Arena.ofAuto().allocate(0x10000, 4096));

    private Piece piece(long first, long last) {
        return new Piece(first, last, ram, first, Access.ALL, MemoryType.WB, false, true);
    }

    private Piece device(long first, long last, boolean settled) {
        return new Piece(first, last, ram, first, Access.ALL, MemoryType.UC, true, settled);
    }

    private static MemoryMap map(Piece... pieces) {
        return MemoryMap.EMPTY.with(List.of(pieces));
    }

    private static List<String> ranges(List<Piece> pieces) {
        return pieces.stream().map(piece -> "%x-%x@%x".formatted(piece.first(), piece.last(), piece.offset())).toList();
    }

    @Test
    @DisplayName("an address is in a piece from its first to its last byte")
    void endsAreInside() {
        Piece low = piece(0x1000, 0x1FFF);
        Piece high = piece(0x3000, 0x3FFF);
        MemoryMap map = map(high, low);

        assertThat(map.at(0xFFF)).isNull();
        assertThat(map.at(0x1000)).isEqualTo(low);
        assertThat(map.at(0x1FFF)).isEqualTo(low);
        assertThat(map.at(0x2000)).isNull();
        assertThat(map.at(0x3000)).isEqualTo(high);
        assertThat(map.at(0x3FFF)).isEqualTo(high);
        assertThat(map.at(0x4000)).isNull();
    }

    @Test
    @DisplayName("what is free of a range are the gaps between the pieces, whole")
    void gapsAreFree() {
        MemoryMap map = map(piece(0x1000, 0x1FFF), piece(0x3000, 0x3FFF));

        assertThat(ranges(map.free(piece(0, 0x4FFF)))).containsExactly("0-fff@0", "2000-2fff@2000", "4000-4fff@4000");
        assertThat(ranges(map.free(piece(0x1000, 0x3FFF)))).containsExactly("2000-2fff@2000");
        assertThat(ranges(map.free(piece(0x2000, 0x2FFF)))).containsExactly("2000-2fff@2000");
        assertThat(ranges(map.free(piece(0x1FFF, 0x3000)))).containsExactly("2000-2fff@2000");
        assertThat(map.free(piece(0x3000, 0x3FFF))).isEmpty();
        assertThat(map.free(piece(0x3800, 0x3BFF))).isEmpty();
    }

    @Test
    @DisplayName("what is taken away is cut out, and what reaches over the ends stays, in its place of the backing")
    void partsAreCutOut() {
        MemoryMap map = map(piece(0x1000, 0x3FFF), piece(0x5000, 0x5FFF));

        assertThat(ranges(map.without(0x2000, 0x2FFF).pieces())).containsExactly("1000-1fff@1000", "3000-3fff@3000",
                "5000-5fff@5000");
        assertThat(ranges(map.without(0x1000, 0x3FFF).pieces())).containsExactly("5000-5fff@5000");
        assertThat(ranges(map.without(0, 0xFFF).pieces())).containsExactly("1000-3fff@1000", "5000-5fff@5000");
        assertThat(ranges(map.without(0x4000, 0x4FFF).pieces())).containsExactly("1000-3fff@1000", "5000-5fff@5000");
        assertThat(ranges(map.without(0x3FFF, 0x5000).pieces())).containsExactly("1000-3ffe@1000", "5001-5fff@5001");
    }

    @Test
    @DisplayName("a range of device memory is all device memory, and nobody is changing it")
    void devicesCoverTheRange() {
        MemoryMap map = map(device(0x1000, 0x1FFF, true), device(0x2000, 0x2FFF, true), piece(0x3000, 0x3FFF),
                device(0x4000, 0x4FFF, false));

        assertThat(ranges(map.devices(0x1000, 0x2FFF))).containsExactly("1000-1fff@1000", "2000-2fff@2000");
        assertThat(ranges(map.devices(0x1800, 0x27FF))).containsExactly("1800-1fff@1800", "2000-27ff@2000");
        assertThat(map.devices(0x2000, 0x3FFF)).isEmpty();
        assertThat(map.devices(0x4000, 0x4FFF)).isEmpty();
        assertThat(map.devices(0x5000, 0x5FFF)).isEmpty();
    }
}

package org.cupule.machine.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SmbiosTest {
    private final Rig rig = Rig.whole(3);
    private final long entry = rig.scan("_SM_");

    private record Structure(Rig rig, int type, long at, int handle, List<String> strings) {
        long number(int offset, int lengthBytes) {
            return rig.number(at + offset, lengthBytes);
        }
    }

    /** Reads the structures as the specification says: up to the end of the table, by lengths and double zeros. */
    private static List<Structure> structures(Rig rig, long at, long lengthBytes) {
        var structures = new ArrayList<Structure>();
        long next = at;
        while (next < at + lengthBytes) {
            long begin = next;
            var strings = new ArrayList<String>();
            next += rig.number(begin + 1, 1);
            while (rig.number(next, 1) != 0) {
                int end = 0;
                while (rig.number(next + end, 1) != 0) {
                    end++;
                }
                strings.add(rig.text(next, end));
                next += end + 1;
            }
            next += strings.isEmpty() ? 2 : 1;
            structures.add(new Structure(rig, (int) rig.number(begin, 1), begin, (int) rig.number(begin + 2, 2),
                    strings));
        }
        assertThat(next).isEqualTo(at + lengthBytes);
        return structures;
    }

    private List<Structure> structures() {
        return structures(rig, rig.number(entry + 0x18, 4), rig.number(entry + 0x16, 2));
    }

    private Structure first(int type) {
        return structures().stream().filter(structure -> structure.type == type).findFirst().orElseThrow();
    }

    @Test
    void isFoundByBothAnchorsWhoseBytesAddUpToZero() {
        long modern = rig.scan("_SM3_");
        assertThat(rig.sum(entry, 0x1F)).isZero();
        assertThat(rig.text(entry + 0x10, 5)).isEqualTo("_DMI_");
        assertThat(rig.sum(entry + 0x10, 0xF)).isZero();
        assertThat(rig.sum(modern, 0x18)).isZero();
        assertThat(rig.number(modern + 0x10, 8)).isEqualTo(rig.number(entry + 0x18, 4));
        assertThat(rig.number(modern + 0xC, 4)).isEqualTo(rig.number(entry + 0x16, 2));
    }

    @Test
    void hasAsManyStructuresAsItSaysWithHandlesOfTheirOwn() {
        assertThat(structures()).hasSize((int) rig.number(entry + 0x1C, 2));
        assertThat(structures()).extracting(Structure::handle).doesNotHaveDuplicates();
        assertThat(structures()).extracting(Structure::type).containsExactly(0, 1, 3, 4, 4, 4, 16, 17, 19, 32, 127);
    }

    @Test
    void saysThatItIsAVirtualMachineAndWhichOne() {
        assertThat(first(0).number(0x13, 1)).isEqualTo(0x10);
        assertThat(first(1).strings).containsExactly("Cupule", "Cupule PC", "1.0", "rig");
        assertThat(first(1).number(8, 8)).isNotZero().isEqualTo(structures(rig, rig.number(entry + 0x18, 4),
                rig.number(entry + 0x16, 2)).get(1).number(8, 8));
    }

    @Test
    void tellsMemoryAndWhereItLies() {
        assertThat(first(16).number(7, 4)).isEqualTo(64 << 10);
        assertThat(first(17).number(0xC, 2)).isEqualTo(64);
        assertThat(first(19).number(8, 4)).isEqualTo((64 << 10) - 1);
    }

    @Test
    void tellsMuchMemory() {
        Rig large = Rig.of(1, 600L << 30, true, Rig.PM);
        long at = large.scan("_SM_");
        List<Structure> all = structures(large, large.number(at + 0x18, 4), large.number(at + 0x16, 2));
        assertThat(all).filteredOn(structure -> structure.type == 17).first()
                .matches(memory -> memory.number(0xC, 2) == 0x7FFF && memory.number(0x1C, 4) == 600 << 10);
        assertThat(all).filteredOn(structure -> structure.type == 19)
                .extracting(memory -> memory.number(4, 4), memory -> memory.number(8, 4))
                .containsExactly(org.assertj.core.groups.Tuple.tuple(0L, (2L << 20) - 1),
                        org.assertj.core.groups.Tuple.tuple(4L << 20, (602L << 20) - 1));
    }
}

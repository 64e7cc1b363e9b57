package org.cupule.machine.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MpTableTest {
    private static final int PROCESSOR = 0;
    private static final int BUS = 1;
    private static final int IO_APIC = 2;
    private static final int IO_INTERRUPT = 3;
    private static final int LOCAL_INTERRUPT = 4;

    private final Rig rig = Rig.whole(2);
    private final long table = rig.number(rig.scan("_MP_") + 4, 4);

    private List<byte[]> entries(int type) {
        var entries = new ArrayList<byte[]>();
        long at = table + 44;
        for (int i = 0; i < rig.number(table + 34, 2); i++) {
            int length = rig.number(at, 1) == PROCESSOR ? 20 : 8;
            if (rig.number(at, 1) == type) {
                entries.add(rig.bytes(at, length));
            }
            at += length;
        }
        assertThat(at).isEqualTo(table + rig.number(table + 4, 2));
        return entries;
    }

    @Test
    void isFoundByItsPointerAndAddsUpToZero() {
        assertThat(rig.sum(rig.scan("_MP_"), 16)).isZero();
        assertThat(rig.text(table, 4)).isEqualTo("PCMP");
        assertThat(rig.sum(table, (int) rig.number(table + 4, 2))).isZero();
        assertThat(rig.number(table + 36, 4)).isEqualTo(0xFEE0_0000L);
    }

    @Test
    void tellsTheProcessorsOfWhichTheFirstOneBoots() {
        assertThat(entries(PROCESSOR)).extracting(entry -> entry[1] + ":" + entry[3]).containsExactly("0:3", "1:1");
    }

    @Test
    void tellsBusesAndAnIoApicWithAnIdOfItsOwn() {
        assertThat(entries(BUS)).extracting(entry -> new String(entry, 2, 3)).containsExactly("PCI", "ISA");
        assertThat(entries(IO_APIC)).containsExactly(new byte[]{2, 2, 0x20, 1, 0, 0, (byte) 0xC0, (byte) 0xFE});
    }

    @Test
    void leadsTheTimerToInputTwoAndMakesTheSciALevel() {
        assertThat(entries(IO_INTERRUPT)).contains(new byte[]{3, 0, 0, 0, 1, 0, 2, 2},
                new byte[]{3, 0, 0x0D, 0, 1, 9, 2, 9}, new byte[]{3, 0, 0, 0, 1, 4, 2, 4});
    }

    @Test
    void leadsThePinsOfPciDevicesToInputsOfTheIoApicAlone() {
        assertThat(entries(IO_INTERRUPT)).contains(new byte[]{3, 0, 0x0D, 0, 0, 1 << 2, 2, 17},
                new byte[]{3, 0, 0x0D, 0, 0, 3 << 2 | 3, 2, 22});
        assertThat(entries(IO_INTERRUPT)).hasSize(15 + 31 * 4);
    }

    @Test
    void tellsWhatComesInAtTheLocalApics() {
        assertThat(entries(LOCAL_INTERRUPT)).containsExactly(new byte[]{4, 3, 0, 0, 1, 0, 0, 0},
                new byte[]{4, 1, 0, 0, 1, 0, (byte) 0xFF, 1});
    }

    @Test
    void isThereWithoutAcpi() {
        assertThat(Rig.of(1, 64 << 20, false).scan("_MP_")).isEqualTo(FirmwareTables.MP_POINTER);
    }
}

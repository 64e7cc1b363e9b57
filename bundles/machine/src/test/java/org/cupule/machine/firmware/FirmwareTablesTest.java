package org.cupule.machine.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reads the tables back as an operating system does: found by their anchors, followed by their pointers. */
class FirmwareTablesTest {
    private static final int LOCAL_APIC = 0;
    private static final int IO_APIC = 1;
    private static final int OVERRIDE = 2;
    private static final int NMI = 4;

    private final Rig rig = Rig.whole(4);

    @Test
    void hasAPointerToTheAcpiTablesThatBothGenerationsFindRight() {
        long pointer = rig.scan("RSD PTR ");
        assertThat(pointer).isEqualTo(FirmwareTables.RSDP);
        assertThat(rig.number(pointer + 15, 1)).isEqualTo(2);
        assertThat(rig.number(pointer + 20, 4)).isEqualTo(36);
        assertThat(rig.sum(pointer, 20)).isZero();
        assertThat(rig.sum(pointer, 36)).isZero();
    }

    @Test
    void listsTheSameTablesInBothRoots() {
        long rsdt = rig.number(rig.scan("RSD PTR ") + 16, 4);
        assertThat(rig.text(rsdt, 4)).isEqualTo("RSDT");
        assertThat(rig.sum(rsdt, (int) rig.number(rsdt + 4, 4))).isZero();
        var listed = new ArrayList<Long>();
        for (long at = rsdt + 36; at < rsdt + rig.number(rsdt + 4, 4); at += 4) {
            listed.add(rig.number(at, 4));
        }
        assertThat(listed).isEqualTo(rig.tables());
        assertThat(listed).extracting(at -> rig.text(at, 4)).containsExactly("FACP", "APIC", "HPET", "MCFG");
    }

    @Test
    void hasTablesWhoseBytesAddUpToZeroAndThatDoNotOverlap() {
        var places = new ArrayList<>(rig.tables());
        places.add(rig.dsdt());
        places.add(rig.number(rig.scan("RSD PTR ") + 24, 8));
        places.sort(Long::compare);
        long end = FirmwareTables.FIRST;
        for (long table : places) {
            assertThat(rig.sum(table, (int) rig.number(table + 4, 4))).as(rig.text(table, 4)).isZero();
            assertThat(rig.text(table + 10, 6)).isEqualTo("CUPULE");
            assertThat(table).as(rig.text(table, 4)).isGreaterThanOrEqualTo(end);
            end = table + rig.number(table + 4, 4);
        }
        assertThat(end).isLessThanOrEqualTo(FirmwareTables.RSDP);
    }

    @Test
    void saysWhereTheFixedHardwareLies() {
        long fadt = rig.table("FACP");
        assertThat(rig.number(fadt + 4, 4)).isEqualTo(276);
        assertThat(rig.number(fadt + 0x2E, 2)).isEqualTo(9);
        assertThat(rig.number(fadt + 0x30, 4)).isEqualTo(0xB2);
        assertThat(rig.bytes(fadt + 0x34, 2)).containsExactly(0xA0, 0xA1);
        assertThat(rig.number(fadt + 0x38, 4)).isEqualTo(0x400);
        assertThat(rig.number(fadt + 0x40, 4)).isEqualTo(0x404);
        assertThat(rig.number(fadt + 0x4C, 4)).isEqualTo(0x408);
        assertThat(rig.bytes(fadt + 0x58, 4)).containsExactly(4, 2, 0, 4);
        assertThat(rig.number(fadt + 0x74, 4)).isEqualTo(0x0100_0801);
        assertThat(rig.number(fadt + 0x78, 8)).isEqualTo(0xCF9);
        assertThat(rig.number(fadt + 0x80, 1)).isEqualTo(6);
    }

    @Test
    void saysTheSamePlacesInTheWideFields() {
        long fadt = rig.table("FACP");
        assertThat(rig.number(fadt + 0x8C, 8)).isEqualTo(rig.number(fadt + 0x28, 4));
        assertThat(rig.number(fadt + 0x94, 4)).isEqualTo(0x0200_2001);
        assertThat(rig.number(fadt + 0x98, 8)).isEqualTo(0x400);
        assertThat(rig.number(fadt + 0xAC, 4)).isEqualTo(0x0200_1001);
        assertThat(rig.number(fadt + 0xB0, 8)).isEqualTo(0x404);
        assertThat(rig.number(fadt + 0xD0, 4)).isEqualTo(0x0300_2001);
        assertThat(rig.number(fadt + 0xD4, 8)).isEqualTo(0x408);
    }

    @Test
    void hasAFirmwareControlStructureAtAMultipleOf64() {
        long facs = rig.number(rig.table("FACP") + 0x24, 4);
        assertThat(facs % 64).isZero();
        assertThat(rig.text(facs, 4)).isEqualTo("FACS");
        assertThat(rig.number(facs + 4, 4)).isEqualTo(64);
    }

    @Test
    void saysWhichDevicesOfAPcAreThere() {
        Rig bare = Rig.of(1, 64 << 20, true, Rig.PM);
        assertThat(rig.number(rig.table("FACP") + 0x6D, 2)).isEqualTo(0b00_0111);
        assertThat(bare.number(bare.table("FACP") + 0x6D, 2)).isEqualTo(0b10_0101);
        assertThat(rig.number(rig.table("FACP") + 0x6C, 1)).isEqualTo(0x32);
        assertThat(bare.number(bare.table("FACP") + 0x6C, 1)).isZero();
    }

    private List<byte[]> madt(int type) {
        long madt = rig.table("APIC");
        var entries = new ArrayList<byte[]>();
        for (long at = madt + 44; at < madt + rig.number(madt + 4, 4); at += rig.number(at + 1, 1)) {
            if (rig.number(at, 1) == type) {
                entries.add(rig.bytes(at, (int) rig.number(at + 1, 1)));
            }
        }
        return entries;
    }

    @Test
    void tellsEachProcessorsLocalApic() {
        assertThat(rig.number(rig.table("APIC") + 36, 4)).isEqualTo(0xFEE0_0000L);
        assertThat(rig.number(rig.table("APIC") + 40, 4)).isEqualTo(1);
        assertThat(madt(LOCAL_APIC)).containsExactly(new byte[]{0, 8, 0, 0, 1, 0, 0, 0},
                new byte[]{0, 8, 1, 1, 1, 0, 0, 0}, new byte[]{0, 8, 2, 2, 1, 0, 0, 0},
                new byte[]{0, 8, 3, 3, 1, 0, 0, 0});
    }

    @Test
    void tellsTheIoApicAndWhereTheTimerAndTheSciComeIn() {
        assertThat(madt(IO_APIC)).containsExactly(new byte[]{1, 12, 0, 0, 0, 0, (byte) 0xC0, (byte) 0xFE, 0, 0, 0, 0});
        assertThat(madt(OVERRIDE)).containsExactly(new byte[]{2, 10, 0, 0, 2, 0, 0, 0, 0, 0},
                new byte[]{2, 10, 0, 9, 9, 0, 0, 0, 0x0D, 0});
        assertThat(madt(NMI)).containsExactly(new byte[]{4, 6, (byte) 0xFF, 0, 0, 1});
    }

    @Test
    void tellsTheWindowOfConfigurationSpace() {
        long mcfg = rig.table("MCFG");
        assertThat(rig.number(mcfg + 44, 8)).isEqualTo(0xE000_0000L);
        assertThat(rig.bytes(mcfg + 52, 4)).containsExactly(0, 0, 0, 0xFF);
    }

    @Test
    void hasNoAcpiTablesWhenTheyAreNotWanted() {
        assertThat(Rig.of(1, 64 << 20, false, Rig.PM).scan("RSD PTR ")).isEqualTo(-1);
    }

    @Test
    void hasNoAcpiTablesWithoutFixedHardware() {
        assertThat(Rig.of(1, 64 << 20, true, Rig.COM1).scan("RSD PTR ")).isEqualTo(-1);
    }

    @Test
    void tellsOnlyWhatIsThere() {
        Rig bare = Rig.withoutPci(Rig.PM);
        assertThat(bare.tables()).extracting(at -> bare.text(at, 4)).containsExactly("FACP", "APIC");
        assertThat(new String(bare.tableBytes(bare.dsdt()), java.nio.charset.StandardCharsets.ISO_8859_1))
                .contains("_S5_", "MBRD").doesNotContain("PCI0", "COM1", "RTC_");
    }
}

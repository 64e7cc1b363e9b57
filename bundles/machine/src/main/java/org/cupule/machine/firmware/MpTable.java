package org.cupule.machine.firmware;

import java.util.ArrayList;
import java.util.List;
import org.cupule.machine.device.PciRouting;
import org.cupule.machine.loader.Bytes;
import org.cupule.machine.loader.LoadPlan.Chunk;

/**
 * Processors and interrupts for operating systems without ACPI: MultiProcessor Specification 1.4, chapter 4.
 *
 * <pre>
 *  type 0, 20 bytes  processor            apic id | version | flags 1 enabled 2 boot | signature 4 | features 4
 *  type 1,  8 bytes  bus                  id | name 6
 *  type 2,  8 bytes  I/O APIC             id | version | flags 1 enabled | address 4
 *  type 3,  8 bytes  I/O interrupt        type | flags 2 | bus | irq | I/O APIC | input
 *  type 4,  8 bytes  local interrupt      type 1 NMI, 3 ExtINT | flags 2 | bus | irq | processor, FF all | input
 *
 *  flags   3:2 trigger 01 edge 11 level   1:0 polarity 01 high 11 low   0 as the bus has it
 * </pre>
 *
 * @param platform
 *            the machine
 * @threading immutable
 */
record MpTable(Platform platform) {
    private static final int HEADER = 44;
    private static final int POINTER = 16;
    private static final int REVISION_1_4 = 4;
    private static final int PCI = 0;
    private static final int ISA = 1;
    private static final int LOCAL_APIC_VERSION = 0x14;
    private static final int IO_APIC_VERSION = 0x20;
    private static final int SIGNATURE = 0x600;
    private static final int FPU_CX8_APIC = 1 | 1 << 8 | 1 << 9;
    private static final int LEVEL_ACTIVE_HIGH = 0x000D;
    private static final int NMI = 1;
    private static final int EXT_INT = 3;
    private static final int ALL = 0xFF;
    private static final int MOST_IDS = 16;

    /** {@return pointer and table, where they lie} */
    List<Chunk> chunks() {
        byte[] table = table();
        var pointer = new Bytes(POINTER).u32(4, FirmwareTables.MP_TABLE).u8(8, 1).u8(9, REVISION_1_4);
        AcpiTable.text(pointer, 0, "_MP_");
        return List.of(new Chunk(FirmwareTables.MP_TABLE, table, 0, table.length, table.length),
                new Chunk(FirmwareTables.MP_POINTER, Checksum.set(pointer, 0, POINTER, 10).array(), 0, POINTER,
                        POINTER));
    }

    private byte[] table() {
        List<byte[]> entries = entries();
        byte[] body = Aml.join(entries);
        int length = HEADER + body.length;
        var table = new Bytes(length).u16(4, length).u8(6, REVISION_1_4).u16(34, entries.size())
                .u32(36, FirmwareTables.LOCAL_APIC).copy(HEADER, body, 0, body.length);
        AcpiTable.text(table, 0, "PCMP");
        AcpiTable.text(table, 8, "CUPULE  ");
        AcpiTable.text(table, 16, "PC          ");
        return Checksum.set(table, 0, length, 7).array();
    }

    private List<byte[]> entries() {
        var entries = new ArrayList<byte[]>();
        for (int i = 0; i < platform.processors(); i++) {
            entries.add(new Bytes(20).u8(1, i).u8(2, LOCAL_APIC_VERSION).u8(3, i == 0 ? 3 : 1).u32(4, SIGNATURE)
                    .u32(8, FPU_CX8_APIC).array());
        }
        if (platform.pci()) {
            entries.add(bus(PCI, "PCI   "));
        }
        entries.add(bus(ISA, "ISA   "));
        entries.add(new Bytes(8).u8(0, 2).u8(1, ioApic()).u8(2, IO_APIC_VERSION).u8(3, 1)
                .u32(4, FirmwareTables.IO_APIC).array());
        isa(entries);
        if (platform.pci()) {
            pci(entries);
        }
        entries.add(interrupt(4, EXT_INT, 0, ISA, 0, 0, 0));
        entries.add(interrupt(4, NMI, 0, ISA, 0, ALL, 1));
        return entries;
    }

    /** Ids of all APICs differ, where there is one left. */
    private int ioApic() {
        return platform.processors() < MOST_IDS ? platform.processors() : 0;
    }

    private static byte[] bus(int id, String name) {
        var entry = new Bytes(8).u8(0, 1).u8(1, id);
        AcpiTable.text(entry, 2, name);
        return entry.array();
    }

    private void isa(List<byte[]> entries) {
        int sci = platform.first(Platform.POWER_MANAGEMENT).isPresent() ? FirmwareTables.sci(platform) : -1;
        for (int irq = 0; irq < FirmwareTables.ISA_LINES; irq++) {
            if (irq != FirmwareTables.TIMER_INPUT) {
                entries.add(interrupt(3, 0, irq == sci ? LEVEL_ACTIVE_HIGH : 0, ISA, irq, ioApic(),
                        irq == 0 ? FirmwareTables.TIMER_INPUT : irq));
            }
        }
    }

    private void pci(List<byte[]> entries) {
        for (int device = 1; device < PciRouting.DEVICES; device++) {
            for (int pin = 1; pin <= PciRouting.PINS; pin++) {
                entries.add(interrupt(3, 0, LEVEL_ACTIVE_HIGH, PCI, device << 2 | pin - 1, ioApic(),
                        PciRouting.wide(device, pin)));
            }
        }
    }

    private static byte[] interrupt(int entry, int type, int flags, int bus, int irq, int apic, int input) {
        return new Bytes(8).u8(0, entry).u8(1, type).u16(2, flags).u8(4, bus).u8(5, irq).u8(6, apic).u8(7, input)
                .array();
    }
}

package org.cupule.machine.firmware;

import java.util.ArrayList;
import java.util.List;
import org.cupule.machine.device.Part;
import org.cupule.machine.loader.Bytes;
import org.cupule.machine.loader.LoadPlan.Chunk;
import org.cupule.types.IoRange;

/**
 * The ACPI tables of a machine with fixed hardware.
 *
 * <pre>
 *  RSDP --> RSDT, XSDT --> FADT --> FACS, DSDT
 *                      --> MADT, HPET, MCFG
 * </pre>
 *
 * @threading confined to its maker
 */
final class AcpiTables {
    private static final int RSDP_LENGTH = 36;
    private static final int RSDP_OLD_LENGTH = 20;
    private static final int FACS_LENGTH = 64;
    private static final int LEVEL_ACTIVE_HIGH = 0x000D;
    private static final int ALL_PROCESSORS = 0xFF;

    private final Platform platform;
    private final List<Chunk> chunks = new ArrayList<>();
    private long end = FirmwareTables.ACPI;

    AcpiTables(Platform platform) {
        this.platform = platform;
    }

    /** {@return the tables, where they lie} */
    List<Chunk> chunks() {
        long facs = put(facs(), 64);
        long dsdt = put(AcpiTable.of("DSDT", 2, new Dsdt(platform).terms()), 16);
        var tables = new ArrayList<Long>();
        tables.add(put(new Fadt(platform).table(facs, dsdt), 16));
        tables.add(put(madt(), 16));
        platform.first(Dsdt.HPET).ifPresent(part -> tables.add(put(hpet(part), 16)));
        platform.ecam().ifPresent(range -> tables.add(put(mcfg(range), 16)));
        long rsdt = put(roots("RSDT", tables, 4), 16);
        long xsdt = put(roots("XSDT", tables, 8), 16);
        chunks.add(new Chunk(FirmwareTables.RSDP, rsdp(rsdt, xsdt), 0, RSDP_LENGTH, RSDP_LENGTH));
        return chunks;
    }

    private long put(byte[] table, int alignment) {
        long place = end + alignment - 1 & -alignment;
        chunks.add(new Chunk(place, table, 0, table.length, table.length));
        end = place + table.length;
        return place;
    }

    /** Section 5.2.5.3. */
    private static byte[] rsdp(long rsdt, long xsdt) {
        var pointer = new Bytes(RSDP_LENGTH).u8(15, 2).u32(16, rsdt).u32(20, RSDP_LENGTH).u64(24, xsdt);
        AcpiTable.text(pointer, 0, "RSD PTR ");
        AcpiTable.text(pointer, 9, AcpiTable.OEM);
        Checksum.set(pointer, 0, RSDP_OLD_LENGTH, 8);
        return Checksum.set(pointer, 0, RSDP_LENGTH, 32).array();
    }

    private static byte[] roots(String signature, List<Long> tables, int width) {
        return AcpiTable.of(signature, 1, Aml.join(tables.stream().map(place -> Aml.little(place, width)).toList()));
    }

    /** Section 5.2.10. The only table without a checksum. */
    private static byte[] facs() {
        var facs = new Bytes(FACS_LENGTH).u32(4, FACS_LENGTH).u8(32, 2);
        AcpiTable.text(facs, 0, "FACS");
        return facs.array();
    }

    /**
     * Section 5.2.12.
     *
     * <pre>
     *  type 0 local APIC      2 length 8   uid | apic id | flags 4: 1 enabled
     *  type 1 I/O APIC        2 length 12  id | 0 | address 4 | first GSI 4
     *  type 2 ISA interrupt   2 length 10  bus 0 | irq | GSI 4 | flags 2: 3:2 trigger 1:0 polarity; 0 as the bus has it
     *  type 4 NMI             2 length 6   uid, FF all | flags 2 | input
     * </pre>
     */
    private byte[] madt() {
        var entries = new ArrayList<byte[]>();
        entries.add(new Bytes(8).u32(0, FirmwareTables.LOCAL_APIC).u32(4, 1).array());
        for (int i = 0; i < platform.processors(); i++) {
            entries.add(new Bytes(8).u8(0, 0).u8(1, 8).u8(2, i).u8(3, i).u32(4, 1).array());
        }
        entries.add(new Bytes(12).u8(0, 1).u8(1, 12).u8(2, 0).u32(4, FirmwareTables.IO_APIC).u32(8, 0).array());
        entries.add(override(0, FirmwareTables.TIMER_INPUT, 0));
        int sci = FirmwareTables.sci(platform);
        if (sci < FirmwareTables.ISA_LINES) {
            entries.add(override(sci, sci, LEVEL_ACTIVE_HIGH));
        }
        entries.add(new Bytes(6).u8(0, 4).u8(1, 6).u8(2, ALL_PROCESSORS).u16(3, 0).u8(5, 1).array());
        return AcpiTable.of("APIC", 4, Aml.join(entries));
    }

    private static byte[] override(int irq, int gsi, int flags) {
        return new Bytes(10).u8(0, 2).u8(1, 10).u8(3, irq).u32(4, gsi).u16(8, flags).array();
    }

    /** IA-PC HPET Specification 1.0a, section 3.2.4. */
    private static byte[] hpet(Part part) {
        long id = 0x8086_A201L;
        return AcpiTable.of("HPET", 1,
                new Bytes(20).u32(0, id).u8(4, 0).u8(5, 64).u64(8, part.windows().getFirst().first())
                        .u8(16, 0).u16(17, 0x80).u8(19, 0).array());
    }

    /** PCI Firmware Specification 3.3, section 4.1.2: 1 MiB a bus. */
    private static byte[] mcfg(IoRange range) {
        long buses = range.last() - range.first() + 1 >> 20;
        return AcpiTable.of("MCFG", 1,
                new Bytes(24).u64(8, range.first()).u16(16, 0).u8(18, 0).u8(19, (int) buses - 1).array());
    }
}

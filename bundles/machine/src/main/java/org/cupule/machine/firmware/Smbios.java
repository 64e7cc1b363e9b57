package org.cupule.machine.firmware;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.cupule.machine.loader.Bytes;
import org.cupule.machine.loader.LoadPlan.Chunk;
import org.cupule.machine.memory.MemoryLayout;

/**
 * What the machine is, for people who look into it: the System Management BIOS Reference Specification 3.0 (DSP0134),
 * with entry points of 2.1 and of 3.0.
 *
 * <pre>
 *  structure   type | length | handle 2 | fields | strings, each with a zero, and one more zero
 *
 *  type 0 BIOS   1 system   3 chassis   4 processor, one each   16, 17, 19 memory   32 boot   127 end
 * </pre>
 *
 * The machine's UUID is made of its name: it stays the same each time the machine is made.
 *
 * @threading confined to its maker
 */
final class Smbios {
    private static final int OLD_LENGTH = 0x1F;
    private static final int NEW_LENGTH = 0x18;
    private static final int MEMORY_ARRAY = 0x1000;
    private static final int NO_ERRORS = 0xFFFE;
    private static final int NO_CACHE = 0xFFFF;
    private static final int UNKNOWN = 2;
    private static final int SAFE = 3;
    private static final int OTHER = 1;
    private static final long MOST_MEBIBYTES = 0x7FFF;
    private static final String MAKER = "Cupule";

    private final Platform platform;
    private final ByteArrayOutputStream table = new ByteArrayOutputStream();
    private int structures;
    private int largest;

    Smbios(Platform platform) {
        this.platform = platform;
    }

    /** {@return entry points and structures, where they lie} */
    List<Chunk> chunks() {
        board();
        processors();
        memory();
        put(32, 0x2000, new Bytes(0x0B));
        put(127, 0x7F00, new Bytes(4));
        var chunks = new ArrayList<Chunk>();
        byte[] structured = table.toByteArray();
        chunks.add(chunk(FirmwareTables.SMBIOS, structured));
        chunks.add(chunk(FirmwareTables.SMBIOS_OLD, oldEntry(structured.length)));
        chunks.add(chunk(FirmwareTables.SMBIOS_NEW, newEntry(structured.length)));
        return chunks;
    }

    private static Chunk chunk(long gpa, byte[] bytes) {
        return new Chunk(gpa, bytes, 0, bytes.length, bytes.length);
    }

    /** Section 5.2.1. */
    private byte[] oldEntry(int tableBytes) {
        var entry = new Bytes(OLD_LENGTH).u8(5, OLD_LENGTH).u8(6, 2).u8(7, 8).u16(8, largest).u16(0x16, tableBytes)
                .u32(0x18, FirmwareTables.SMBIOS).u16(0x1C, structures).u8(0x1E, 0x28);
        AcpiTable.text(entry, 0, "_SM_");
        AcpiTable.text(entry, 0x10, "_DMI_");
        Checksum.set(entry, 0x10, OLD_LENGTH - 0x10, 0x15);
        return Checksum.set(entry, 0, OLD_LENGTH, 4).array();
    }

    /** Section 5.2.2. */
    private static byte[] newEntry(int tableBytes) {
        var entry = new Bytes(NEW_LENGTH).u8(6, NEW_LENGTH).u8(7, 3).u8(0xA, 1).u32(0xC, tableBytes)
                .u64(0x10, FirmwareTables.SMBIOS);
        AcpiTable.text(entry, 0, "_SM3_");
        return Checksum.set(entry, 0, NEW_LENGTH, 5).array();
    }

    private void put(int type, int handle, Bytes fields, String... strings) {
        int length = fields.array().length;
        fields.u8(0, type).u8(1, length).u16(2, handle);
        var structure = new ByteArrayOutputStream();
        structure.writeBytes(fields.array());
        for (String string : strings) {
            structure.writeBytes((string + '\0').getBytes(UTF_8));
        }
        structure.writeBytes(new byte[strings.length == 0 ? 2 : 1]);
        structures++;
        largest = Math.max(largest, structure.size());
        table.writeBytes(structure.toByteArray());
    }

    /** BIOS: 128 KiB from E0000, ACPI if there is some, a virtual machine. System, chassis. */
    private void board() {
        put(0, 0, new Bytes(0x18).u8(4, 1).u8(5, 2).u16(6, 0xE000).u8(8, 3).u8(9, 1).u64(0xA, 1 << 3)
                .u8(0x12, platform.hasAcpi() ? 1 : 0).u8(0x13, 1 << 4).u8(0x14, 1).u8(0x16, 0xFF).u8(0x17, 0xFF),
                MAKER, "1.0", "01/01/2026");
        var system = new Bytes(0x1B).u8(4, 1).u8(5, 2).u8(6, 3).u8(7, 4).u8(0x18, 6);
        system.copy(8, uuid(), 0, 16);
        put(1, 0x100, system, MAKER, "Cupule PC", "1.0", platform.name());
        put(3, 0x300, new Bytes(0x16).u8(4, 1).u8(5, OTHER).u8(9, SAFE).u8(0xA, SAFE).u8(0xB, SAFE).u8(0xC, UNKNOWN),
                MAKER);
    }

    /** Section 7.2.1: the first three fields are little-endian. */
    private byte[] uuid() {
        var uuid = UUID.nameUUIDFromBytes(("cupule " + platform.name()).getBytes(UTF_8));
        return new Bytes(16).u32(0, uuid.getMostSignificantBits() >>> 32)
                .u16(4, (int) (uuid.getMostSignificantBits() >>> 16)).u16(6, (int) uuid.getMostSignificantBits())
                .u64(8, Long.reverseBytes(uuid.getLeastSignificantBits())).array();
    }

    private void processors() {
        for (int i = 0; i < platform.processors(); i++) {
            put(4, 0x400 + i, new Bytes(0x2A).u8(4, 1).u8(5, 3).u8(6, UNKNOWN).u8(7, 2).u8(0x18, 0x41).u8(0x19, OTHER)
                    .u16(0x1A, NO_CACHE).u16(0x1C, NO_CACHE).u16(0x1E, NO_CACHE).u8(0x23, 1).u8(0x24, 1).u8(0x25, 1)
                    .u16(0x26, 1 << 2).u16(0x28, UNKNOWN), "CPU " + i, MAKER);
        }
    }

    /** One array of one device: all of RAM; and where it is mapped, below and above 4 GiB. */
    private void memory() {
        MemoryLayout layout = platform.layout();
        long kibibytes = layout.bytes() >> 10;
        boolean large = kibibytes >= 1L << 31;
        put(16, MEMORY_ARRAY, new Bytes(0x17).u8(4, 3).u8(5, 3).u8(6, 3).u32(7, large ? 1L << 31 : kibibytes)
                .u16(0xB, NO_ERRORS).u16(0xD, 1).u64(0xF, large ? layout.bytes() : 0));
        long mebibytes = Math.max(layout.bytes() >> 20, 1);
        put(17, 0x1100, new Bytes(0x22).u16(4, MEMORY_ARRAY).u16(6, NO_ERRORS).u16(8, 64).u16(0xA, 64)
                .u16(0xC, (int) Math.min(mebibytes, MOST_MEBIBYTES)).u8(0xE, 9).u8(0x10, 1).u8(0x12, 7).u16(0x13, 4)
                .u32(0x1C, mebibytes >= MOST_MEBIBYTES ? mebibytes : 0), "DIMM 0");
        mapped(0x1300, 0, layout.low());
        if (layout.high() > MemoryLayout.HIGH) {
            mapped(0x1301, MemoryLayout.HIGH, layout.high());
        }
    }

    private void mapped(int handle, long first, long end) {
        put(19, handle, new Bytes(0x1F).u32(4, first >> 10).u32(8, (end >> 10) - 1).u16(0xC, MEMORY_ARRAY).u8(0xE, 1));
    }
}

package org.cupule.machine.firmware;

import java.nio.charset.StandardCharsets;
import org.cupule.machine.loader.Bytes;

/**
 * System description tables, which all begin alike (ACPI Specification 6.5, section 5.2.6).
 *
 * <pre>
 *  00 signature   04 length   08 revision   09 checksum   0A OEM id        10 OEM table id
 *  18 OEM revision            1C creator id               20 creator revision          24 body
 * </pre>
 *
 * @threading any thread: functions without state
 */
final class AcpiTable {
    static final int HEADER = 0x24;
    static final String OEM = "CUPULE";
    private static final String OEM_TABLE = "CUPULEPC";
    private static final String CREATOR = "CUPL";
    private static final int CHECKSUM = 9;

    private AcpiTable() {
    }

    /** {@return a table with this body} */
    static byte[] of(String signature, int revision, byte[] body) {
        int length = HEADER + body.length;
        var table = new Bytes(length).copy(HEADER, body, 0, body.length).u32(4, length).u8(8, revision).u32(0x18, 1)
                .u32(0x20, 1);
        text(table, 0, signature);
        text(table, 0xA, OEM);
        text(table, 0x10, OEM_TABLE);
        text(table, 0x1C, CREATOR);
        return Checksum.set(table, 0, length, CHECKSUM).array();
    }

    /** Writes characters, without an end. */
    static void text(Bytes table, int offset, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        table.copy(offset, bytes, 0, bytes.length);
    }
}

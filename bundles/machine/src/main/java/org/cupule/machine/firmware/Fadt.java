package org.cupule.machine.firmware;

import org.cupule.machine.device.Part;
import org.cupule.machine.loader.Bytes;
import org.cupule.types.IoRange;

/**
 * The fixed ACPI description table (ACPI Specification 6.5, section 5.2.9): where the registers of the fixed hardware
 * lie, and what of a PC is there. Those of revision 6 minor 0, 276 bytes; offsets below are those of the table.
 *
 * <pre>
 *  24 FACS    28 DSDT      2D profile   2E SCI     30 SMI command  34 enable   35 disable   38 PM1a event
 *  40 PM1a control         4C PM timer  58 length of PM1 event, 59 PM1 control, 5B PM timer
 *  60 latency of C2        62 of C3     6A alarm day, 6B month, 6C century      6D boot flags
 *  70 flags   74 reset register         80 its value   8C DSDT, 64 bits
 *  94 PM1a event   AC PM1a control   D0 PM timer: the same places once more, 12 bytes each
 * </pre>
 *
 * @param platform
 *            the machine, which has fixed hardware
 * @threading immutable
 */
record Fadt(Platform platform) {
    private static final int LENGTH = 276;
    private static final int ACPI_ENABLE = 0xA0;
    private static final int ACPI_DISABLE = 0xA1;
    private static final int DESKTOP = 1;
    /** Longer than the longest that counts: there is no such state. */
    private static final int NO_C2 = 101;
    private static final int NO_C3 = 1001;
    private static final int CENTURY = 0x32;

    private static final int LEGACY_DEVICES = 1 << 0;
    private static final int KEYBOARD_CONTROLLER = 1 << 1;
    private static final int NO_VGA = 1 << 2;
    private static final int NO_CLOCK = 1 << 5;

    private static final int WBINVD = 1 << 0;
    private static final int C1_ON_ALL = 1 << 2;
    private static final int NO_SLEEP_BUTTON = 1 << 5;
    private static final int NO_CLOCK_WAKE = 1 << 6;
    private static final int WIDE_TIMER = 1 << 8;
    private static final int RESET_REGISTER = 1 << 10;
    /** Bit 2 of the reset port when it goes from 0 to 1, and bit 1: a hard reset. */
    private static final int RESET_VALUE = 0x06;

    byte[] table(long facs, long dsdt) {
        Part pm = platform.first(Platform.POWER_MANAGEMENT).orElseThrow();
        long base = pm.windows().get(0).first();
        IoRange smi = pm.windows().get(1);
        IoRange reset = pm.windows().get(2);
        var table = new Bytes(LENGTH).u32(0x24, facs).u32(0x28, dsdt).u8(0x2D, DESKTOP)
                .u16(0x2E, FirmwareTables.sci(platform)).u32(0x30, smi.first()).u8(0x34, ACPI_ENABLE)
                .u8(0x35, ACPI_DISABLE).u32(0x38, base).u32(0x40, base + 4).u32(0x4C, base + 8).u8(0x58, 4)
                .u8(0x59, 2).u8(0x5B, 4).u16(0x60, NO_C2).u16(0x62, NO_C3);
        if (platform.first("mc146818").isPresent()) {
            table.u8(0x6C, CENTURY);
        }
        table.u16(0x6D, bootFlags()).u32(0x70, flags(pm)).u8(0x80, RESET_VALUE).u64(0x8C, dsdt);
        register(table, 0x74, reset.first(), 1);
        register(table, 0x94, base, 4);
        register(table, 0xAC, base + 4, 2);
        register(table, 0xD0, base + 8, 4);
        byte[] body = new byte[LENGTH - AcpiTable.HEADER];
        System.arraycopy(table.array(), AcpiTable.HEADER, body, 0, body.length);
        return AcpiTable.of("FACP", 6, body);
    }

    private int bootFlags() {
        return LEGACY_DEVICES | NO_VGA | (platform.first("i8042").isPresent() ? KEYBOARD_CONTROLLER : 0)
                | (platform.first("mc146818").isPresent() ? 0 : NO_CLOCK);
    }

    private static int flags(Part pm) {
        return WBINVD | C1_ON_ALL | NO_SLEEP_BUTTON | NO_CLOCK_WAKE | RESET_REGISTER
                | (pm.options().getOrDefault("timer-bits", "32").equals("32") ? WIDE_TIMER : 0);
    }

    /** A generic address: ports, bits, first bit, access size 1 byte to 3 four bytes (section 5.2.3.2). */
    private static void register(Bytes table, int offset, long port, int lengthBytes) {
        int access = lengthBytes == 1 ? 1 : lengthBytes == 2 || offset == 0x94 ? 2 : 3;
        table.u8(offset, 1).u8(offset + 1, 8 * lengthBytes).u8(offset + 3, access).u64(offset + 4, port);
    }
}

package org.cupule.machine.firmware;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.cupule.machine.device.Part;
import org.cupule.machine.loader.LoadPlan.Chunk;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.types.IoRange;

/**
 * Machines whose tables are looked at, and the memory in which they lie.
 *
 * @threading confined to its test
 */
final class Rig {
    static final Part PM = new Part("acpi-pm", "pm",
            List.of(IoRange.ports(0x400, 12), IoRange.ports(0xB2, 2), IoRange.ports(0xCF9, 1)), Map.of("sci", 9),
            Map.of("timer-bits", "32", "off-types", "5"));
    static final Part COM1 = new Part("uart16550", "com1", List.of(IoRange.ports(0x3F8, 8)), Map.of("irq", 4),
            Map.of());
    static final Part COM2 = new Part("uart16550", "com2", List.of(IoRange.ports(0x2F8, 8)), Map.of("irq", 3),
            Map.of());
    static final Part PIT = new Part("pit8254", "pit", List.of(IoRange.ports(0x40, 4), IoRange.ports(0x61, 1)),
            Map.of("irq", 2), Map.of());
    static final Part RTC = new Part("mc146818", "rtc", List.of(IoRange.ports(0x70, 2)), Map.of("irq", 8), Map.of());
    static final Part I8042 = new Part("i8042", "i8042",
            List.of(IoRange.ports(0x60, 1), IoRange.ports(0x64, 1), IoRange.ports(0x92, 1)),
            Map.of("keyboard", 1, "mouse", 12), Map.of());
    static final Part HPET = new Part("hpet", "hpet", List.of(IoRange.mmio(0xFED0_0000L, 0x400)), Map.of(), Map.of());
    static final Part SENSOR = new Part("com.acme.sensor", "sensor",
            List.of(IoRange.mmio(0x9000_1000L, 0x80), IoRange.ports(0x1000, 0x400)), Map.of("irq", 20), Map.of());

    static final Part SLOTS = new Part("pci-hotplug", "slots", List.of(IoRange.ports(0xCC0, 16)), Map.of("irq", 5),
            Map.of());

    private final Platform platform;
    private final byte[] memory = new byte[(int) FirmwareTables.LAST + 1];

    private Rig(Platform platform) {
        this.platform = platform;
        for (Chunk chunk : FirmwareTables.of(platform, true)) {
            System.arraycopy(chunk.bytes(), chunk.from(), memory, (int) chunk.gpa(),
                    chunk.lengthBytes());
        }
    }

    /** {@return a machine with everything} */
    static Rig whole(int processors) {
        return of(processors, 64L << 20, true, COM1, COM2, PIT, RTC, I8042, PM, HPET, SENSOR, SLOTS);
    }

    static Rig of(int processors, long memoryBytes, boolean acpi, Part... parts) {
        return new Rig(new Platform("rig", new MemoryLayout(memoryBytes), processors, true,
                Optional.of(IoRange.mmio(0xE000_0000L, 256 << 20)), acpi, List.of(parts)));
    }

    static Rig withoutPci(Part... parts) {
        return new Rig(new Platform("rig", new MemoryLayout(64 << 20), 1, false, Optional.empty(), true,
                List.of(parts)));
    }

    Platform platform() {
        return platform;
    }

    long number(long gpa, int lengthBytes) {
        long value = 0;
        for (int i = 0; i < lengthBytes; i++) {
            value |= (memory[(int) gpa + i] & 0xFFL) << 8 * i;
        }
        return value;
    }

    byte[] bytes(long gpa, int lengthBytes) {
        var bytes = new byte[lengthBytes];
        System.arraycopy(memory, (int) gpa, bytes, 0, lengthBytes);
        return bytes;
    }

    String text(long gpa, int lengthBytes) {
        return new String(bytes(gpa, lengthBytes), java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    /** {@return the sum of these bytes, which is 0 where the checksum is right} */
    int sum(long gpa, int lengthBytes) {
        int sum = 0;
        for (byte each : bytes(gpa, lengthBytes)) {
            sum += each;
        }
        return sum & 0xFF;
    }

    /** {@return where a structure that begins so lies, found as an operating system does; -1 when nowhere} */
    long scan(String anchor) {
        for (long at = FirmwareTables.FIRST; at <= FirmwareTables.LAST - anchor.length(); at += 16) {
            if (text(at, anchor.length()).equals(anchor)) {
                return at;
            }
        }
        return -1;
    }

    /** {@return where the ACPI tables lie that the XSDT lists} */
    List<Long> tables() {
        long xsdt = number(scan("RSD PTR ") + 24, 8);
        var tables = new ArrayList<Long>();
        for (long at = xsdt + 36; at < xsdt + number(xsdt + 4, 4); at += 8) {
            tables.add(number(at, 8));
        }
        return tables;
    }

    /** {@return where the ACPI table of this signature lies} */
    long table(String signature) {
        return tables().stream().filter(at -> text(at, 4).equals(signature)).findFirst().orElseThrow();
    }

    byte[] tableBytes(long gpa) {
        return bytes(gpa, (int) number(gpa + 4, 4));
    }

    long dsdt() {
        return number(table("FACP") + 0x8C, 8);
    }
}

package org.cupule.machine.firmware;

import static org.cupule.machine.firmware.Aml.and;
import static org.cupule.machine.firmware.Aml.device;
import static org.cupule.machine.firmware.Aml.doubleWordField;
import static org.cupule.machine.firmware.Aml.eisa;
import static org.cupule.machine.firmware.Aml.equal;
import static org.cupule.machine.firmware.Aml.giveBack;
import static org.cupule.machine.firmware.Aml.integer;
import static org.cupule.machine.firmware.Aml.join;
import static org.cupule.machine.firmware.Aml.method;
import static org.cupule.machine.firmware.Aml.name;
import static org.cupule.machine.firmware.Aml.or;
import static org.cupule.machine.firmware.Aml.otherwise;
import static org.cupule.machine.firmware.Aml.pack;
import static org.cupule.machine.firmware.Aml.path;
import static org.cupule.machine.firmware.Aml.scope;
import static org.cupule.machine.firmware.Aml.store;
import static org.cupule.machine.firmware.Aml.string;
import static org.cupule.machine.firmware.Aml.when;

import java.util.ArrayList;
import java.util.List;
import org.cupule.machine.device.Part;
import org.cupule.machine.device.PciRouting;
import org.cupule.types.AddressSpace;
import org.cupule.types.IoRange;

/**
 * The terms of the DSDT: what cannot be found by asking the hardware.
 *
 * <pre>
 *  \_S5        how the machine is switched off
 *  \_PIC       the operating system says which interrupt controllers it uses: 0 the 8259 pair, 1 I/O APIC
 *  \_SB
 *    CPnn      the processors
 *    LNKn      the inputs of the 8259 pair that INTx pins lead to      \ active high, level-triggered;
 *    GSIn      the inputs of the I/O APIC that they lead to            / fixed: _SRS changes nothing
 *    PCI0      the host bridge: what it passes on, and which pin leads where; its slots ({@link HotPlugSlots})
 *    COMn PIT SPKR RTC PS2K PS2M HPET
 *    MBRD      all other places that are taken
 * </pre>
 *
 * <p>
 * INTx pins are described through link devices, though the links are fixed, since an entry that names a GSI directly
 * means an active low input (ACPI Specification 6.5, section 6.2.13).
 *
 * @threading confined to its maker
 */
final class Dsdt {
    /** The parts that have a device of their own here; the others' places are the mother board's. */
    private static final String TIMER = "pit8254";
    private static final String CLOCK = "mc146818";
    private static final String KEYBOARD = "i8042";
    static final String HPET = "hpet";
    static final String HOST_BRIDGE = "PCI0";
    private static final List<String> TOLD = List.of(Platform.SERIAL_PORT, TIMER, CLOCK, KEYBOARD, HPET);
    /** How an operating system asks for PCI Express features (PCI Firmware Specification 3.3, section 4.5). */
    private static final byte[] PCI_EXPRESS = {0x5B, 0x4D, (byte) 0xDB, 0x33, (byte) 0xF7, 0x1F, 0x1C, 0x40,
            (byte) 0x96, 0x57, 0x74, 0x41, (byte) 0xC0, 0x3D, (byte) 0xD7, 0x66};
    private static final byte[] PIC_MODE = path("\\PICM");

    private final Platform platform;

    Dsdt(Platform platform) {
        this.platform = platform;
    }

    byte[] terms() {
        return join(switchedOff(), name("\\PICM", integer(0)),
                method("\\_PIC", 1, store(Aml.ARG0, PIC_MODE)),
                scope("\\_SB", join(processors()), platform.pci() ? pci() : new byte[0], join(parts()), board()));
    }

    /** The first of the sleep types that switch the machine off. */
    private byte[] switchedOff() {
        Part pm = platform.first(Platform.POWER_MANAGEMENT).orElseThrow();
        int type = pm.options().getOrDefault("off-types", "5").charAt(0) - '0';
        return name("\\_S5", pack(integer(type), integer(type), integer(0), integer(0)));
    }

    private List<byte[]> processors() {
        var terms = new ArrayList<byte[]>();
        for (int i = 0; i < platform.processors(); i++) {
            terms.add(device("CP%02X".formatted(i), name("_HID", string("ACPI0007")), name("_UID", integer(i))));
        }
        return terms;
    }

    // ------------------------------------------------------------------ PCI

    private byte[] pci() {
        var links = new ArrayList<byte[]>();
        for (int i = 0; i < PciRouting.LEGACY_COUNT; i++) {
            links.add(link("LNK" + i, i, PciRouting.LEGACY + i));
        }
        for (int i = 0; i < PciRouting.WIDE_COUNT; i++) {
            links.add(link("GSI" + i, PciRouting.LEGACY_COUNT + i, PciRouting.WIDE + i));
        }
        return join(join(links), hostBridge());
    }

    private static byte[] link(String name, int number, int gsi) {
        byte[] input = new Resources().sharedInterrupt(gsi).buffer();
        return device(name, name("_HID", eisa("PNP0C0F")), name("_UID", integer(number)), name("_PRS", input),
                name("_CRS", input), method("_SRS", 1), method("_DIS", 0));
    }

    private byte[] hostBridge() {
        return device(HOST_BRIDGE, join(identity()), name("_UID", integer(0)), name("_BBN", integer(0)),
                name("_SEG", integer(0)), name("_CRS", passedOn()),
                name("PRT0", routes("LNK", false)), name("PRT1", routes("GSI", true)),
                method("_PRT", 0, when(equal(PIC_MODE, integer(0)), giveBack(path("PRT0"))),
                        giveBack(path("PRT1"))),
                platform.first(Platform.HOT_PLUG).map(part -> new HotPlugSlots(part).terms()).orElse(new byte[0]));
    }

    private List<byte[]> identity() {
        return platform.ecam().isEmpty()
                ? List.of(name("_HID", eisa("PNP0A03")))
                : List.of(name("_HID", eisa("PNP0A08")), name("_CID", eisa("PNP0A03")), control());
    }

    /** Nothing that PCI Express has beyond configuration space is handed over: the bus has none of it. */
    private static byte[] control() {
        return method("_OSC", 4, doubleWordField(Aml.ARG3, 0, "CDW1"),
                when(equal(Aml.ARG0, Aml.buffer(PCI_EXPRESS)), doubleWordField(Aml.ARG3, 8, "CDW3"),
                        and(path("CDW3"), integer(0), path("CDW3"))),
                otherwise(or(path("CDW1"), integer(4), path("CDW1"))), giveBack(Aml.ARG3));
    }

    private byte[] passedOn() {
        var resources = new Resources().buses(0, 0);
        new PassedOn(platform).ranges().forEach(resources::passed);
        return resources.fixed(IoRange.ports(0xCF8, 8)).buffer();
    }

    private static byte[] routes(String link, boolean wide) {
        var routes = new ArrayList<byte[]>();
        for (int device = 0; device < PciRouting.DEVICES; device++) {
            for (int pin = 1; pin <= PciRouting.PINS; pin++) {
                int input = wide
                        ? PciRouting.wide(device, pin) - PciRouting.WIDE
                        : PciRouting.legacy(device, pin) - PciRouting.LEGACY;
                routes.add(pack(integer((long) device << 16 | 0xFFFF), integer(pin - 1), path(link + input),
                        integer(0)));
            }
        }
        return pack(routes);
    }

    // ------------------------------------------------------------------ the other devices

    private List<byte[]> parts() {
        var terms = new ArrayList<byte[]>();
        int serial = 0;
        for (Part part : platform.all(Platform.SERIAL_PORT)) {
            serial++;
            terms.add(part("COM%X".formatted(serial), "PNP0501", serial, part.windows(), part.lines().get("irq")));
        }
        platform.first(TIMER).ifPresent(part -> {
            terms.add(part("PIT", "PNP0100", 0, part.windows().subList(0, 1), 0));
            terms.add(part("SPKR", "PNP0800", 0, part.windows().subList(1, 2), null));
        });
        platform.first(CLOCK).ifPresent(
                part -> terms.add(part("RTC", "PNP0B00", 0, part.windows(), part.lines().get("irq"))));
        platform.first(KEYBOARD).ifPresent(part -> {
            terms.add(part("PS2K", "PNP0303", 0, part.windows().subList(0, 2), part.lines().get("keyboard")));
            terms.add(part("PS2M", "PNP0F13", 0, List.of(), part.lines().get("mouse")));
        });
        platform.first(HPET).ifPresent(part -> terms.add(part("HPET", "PNP0103", 0, part.windows(), null)));
        return terms;
    }

    private static byte[] part(String name, String id, int number, List<IoRange> windows,
            @org.jspecify.annotations.Nullable Integer gsi) {
        var resources = new Resources();
        windows.forEach(resources::fixed);
        if (gsi != null) {
            resources.interrupt(gsi);
        }
        return device(name, name("_HID", eisa(id)), name("_UID", integer(number)),
                name("_CRS", resources.buffer()));
    }

    private byte[] board() {
        var resources = new Resources().fixed(IoRange.ports(0x20, 2)).fixed(IoRange.ports(0xA0, 2))
                .fixed(IoRange.ports(0x4D0, 2)).fixed(IoRange.mmio(FirmwareTables.IO_APIC, 0x1000))
                .fixed(IoRange.mmio(FirmwareTables.LOCAL_APIC, 0x1000));
        platform.ecam().ifPresent(resources::fixed);
        platform.parts().stream().filter(part -> !TOLD.contains(part.kind())).flatMap(part -> part.windows().stream())
                .filter(range -> !inConfigurationPorts(range)).forEach(resources::fixed);
        return device("MBRD", name("_HID", eisa("PNP0C02")), name("_UID", integer(0)),
                name("_CRS", resources.buffer()));
    }

    /** The reset port lies among the host bridge's ports. */
    private static boolean inConfigurationPorts(IoRange range) {
        return range.space() == AddressSpace.PORTIO && range.first() >= 0xCF8 && range.last() <= 0xCFF;
    }
}

package org.cupule.machine.device;

import java.util.List;

/**
 * What usually lives at an address of a PC: hints for people whose guest looks for something that is not there.
 *
 * @threading immutable
 */
final class KnownPlaces {
    private static final List<Place> PORTS = List.of(
            new Place(0x00, 0x1F, "the first DMA controller (8237)"),
            new Place(0x20, 0x21, "the first interrupt controller (8259)"),
            new Place(0x22, 0x23, "the chip set's configuration, or the IMCR"),
            new Place(0x2E, 0x2F, "the super I/O's configuration"),
            new Place(0x40, 0x43, "the interval timer (8254): device type pit8254"),
            new Place(0x4E, 0x4F, "the super I/O's configuration, or a TPM"),
            new Place(0x60, 0x60, "the keyboard controller: device type i8042"),
            new Place(0x61, 0x61, "the speaker port: device type pit8254"),
            new Place(0x64, 0x64, "the keyboard controller: device type i8042"),
            new Place(0x70, 0x77, "the clock and CMOS memory: device type mc146818"),
            new Place(0x80, 0x80, "POST codes, written for delays too"),
            new Place(0x81, 0x8F, "the DMA page registers"),
            new Place(0x92, 0x92, "the fast A20 gate: device type i8042"),
            new Place(0xA0, 0xA1, "the second interrupt controller (8259)"),
            new Place(0xB2, 0xB3, "the SMI command port: device type acpi-pm"),
            new Place(0xC0, 0xDF, "the second DMA controller (8237)"),
            new Place(0xE9, 0xE9, "the debug console of Bochs"),
            new Place(0xF0, 0xF1, "the coprocessor's error latch"),
            new Place(0xF4, 0xF4, "the debug-exit port: device type debugexit"),
            new Place(0x170, 0x177, "the second IDE channel"),
            new Place(0x1F0, 0x1F7, "the first IDE channel"),
            new Place(0x201, 0x201, "a game port"),
            new Place(0x220, 0x22F, "a sound card"),
            new Place(0x278, 0x27F, "the second parallel port"),
            new Place(0x2E8, 0x2EF, "the fourth serial port: device type uart16550"),
            new Place(0x2F8, 0x2FF, "the second serial port: device type uart16550"),
            new Place(0x376, 0x376, "the second IDE channel's control"),
            new Place(0x378, 0x37F, "the first parallel port"),
            new Place(0x3B0, 0x3BB, "a monochrome display"),
            new Place(0x3BC, 0x3BF, "a parallel port"),
            new Place(0x3C0, 0x3DF, "a VGA display"),
            new Place(0x3E8, 0x3EF, "the third serial port: device type uart16550"),
            new Place(0x3F0, 0x3F5, "the floppy controller"),
            new Place(0x3F6, 0x3F7, "the first IDE channel's control, or the floppy controller"),
            new Place(0x3F8, 0x3FF, "the first serial port: device type uart16550"),
            new Place(0x400, 0x40B, "ACPI power management: device type acpi-pm"),
            new Place(0x4D0, 0x4D1, "the interrupt controllers' edge and level control"),
            new Place(0x510, 0x51B, "QEMU's firmware configuration"),
            new Place(0x600, 0x60B, "ACPI power management of QEMU"),
            new Place(0xCC0, 0xCCF, "the hot-plug controller: device type pci-hotplug"),
            new Place(0xCF8, 0xCFF, "PCI configuration, and the reset port: device type acpi-pm"),
            new Place(0xB000, 0xB00B, "ACPI power management of QEMU"),
            new Place(0x5658, 0x5659, "VMware's back door"));
    private static final List<Place> MEMORY = List.of(
            new Place(0xA_0000, 0xA_FFFF, "the VGA graphics window"),
            new Place(0xB_0000, 0xB_7FFF, "the monochrome text screen"),
            new Place(0xB_8000, 0xB_FFFF, "the VGA text screen"),
            new Place(0x8000_0000L, 0xDFFF_FFFFL, "memory of PCI devices"),
            new Place(0xE000_0000L, 0xEFFF_FFFFL, "memory-mapped PCI configuration"),
            new Place(0xFEC0_0000L, 0xFEC0_0FFFL, "the I/O APIC"),
            new Place(0xFED0_0000L, 0xFED0_03FFL, "the HPET"),
            new Place(0xFED4_0000L, 0xFED4_4FFFL, "a TPM"),
            new Place(0xFEE0_0000L, 0xFEE0_0FFFL, "the local APIC"),
            new Place(0xFF00_0000L, 0xFFFF_FFFFL, "firmware"));

    private KnownPlaces() {
    }

    private record Place(long first, long last, String what) {
    }

    /** {@return a sentence about who usually lives there} */
    static String hint(boolean port, long address) {
        return (port ? PORTS : MEMORY).stream()
                .filter(place -> Long.compareUnsigned(address, place.first) >= 0
                        && Long.compareUnsigned(address, place.last) <= 0)
                .findFirst().map(place -> "where usually lives " + place.what)
                .orElse("where usually nobody lives");
    }
}

package org.cupule.machine.device;

import org.cupule.types.Bdf;

/**
 * Where the INTx pins of PCI functions go. Each pin has two wires, as behind the router of a south bridge: one to an
 * input that both the 8259 pair and the I/O APIC have, one to an input of the I/O APIC alone. An operating system uses
 * the first without ACPI, or with ACPI and the 8259 pair; and the second, which fewer pins share, with ACPI and the I/O
 * APIC. The input that nobody uses is masked.
 *
 * <pre>
 *  device d, pin p (1 to 4)      GSI 10 + (d + p) mod 2        GSI 16 + (d + p - 1) mod 8        both active high
 * </pre>
 *
 * @threading immutable
 */
public final class PciRouting {
    /** How many devices a bus has. */
    public static final int DEVICES = 32;
    /** How many pins a device has. */
    public static final int PINS = 4;
    /** The first input that the 8259 pair has too. */
    public static final int LEGACY = 10;
    /** How many of them. */
    public static final int LEGACY_COUNT = 2;
    /** The first input of the I/O APIC alone. */
    public static final int WIDE = 16;
    /** How many of them. */
    public static final int WIDE_COUNT = 8;

    private PciRouting() {
    }

    /** {@return the GSI below 16 of a pin, 1 to 4} */
    public static int legacy(int device, int pin) {
        return LEGACY + (device + pin) % LEGACY_COUNT;
    }

    /** {@return the GSI from 16 of a pin, 1 to 4} */
    public static int wide(int device, int pin) {
        return WIDE + (device + pin - 1) % WIDE_COUNT;
    }

    static int legacy(Bdf address, int pin) {
        return legacy(address.device(), pin);
    }

    static int wide(Bdf address, int pin) {
        return wide(address.device(), pin);
    }
}

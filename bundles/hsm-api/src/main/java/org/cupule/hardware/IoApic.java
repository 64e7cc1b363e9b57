package org.cupule.hardware;

import org.cupule.state.Stateful;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The I/O APIC of one VM.
 *
 * <p>
 * Registers as the 82093AA and its successors: IOREGSEL at 0x00, IOWIN at 0x10, EOI at 0x40 (so the version is 0x20 or
 * more). An edge at a masked pin is lost; a level is held back while its remote IRR is set, and looked at again at the
 * end of interrupt and at each write of its entry ({@code hsm.md} 10.2).
 *
 * <h2>State kind {@code ioapic}, version 1</h2>
 *
 * Numbers {@code select}, {@code id} (4 bits) and {@code lines} (levels of the pins, a bit each); the list
 * {@code entries}: a redirection entry of 64 bits for each pin.
 *
 * @threading one caller at a time: the hypervisor's interrupt gate; context calls made inside never come back
 */
@ConsumerType
public interface IoApic extends Stateful {
    /** {@return how many pins it has} */
    int pins();

    /**
     * Reads a register.
     *
     * @param offset
     *            0x000 to 0xFFF in its page
     * @return the value; all ones at an unknown offset
     */
    int read(int offset);

    /** Writes a register. */
    void write(int offset, int value);

    /** Sets the level of a pin; an edge is a change of level. */
    void line(int pin, boolean high);

    /** Takes the end of interrupt of a level-triggered vector from a local APIC. */
    void endOfInterrupt(int vector);

    /** Sets the power-on state; the levels of the pins are kept. */
    void reset();
}

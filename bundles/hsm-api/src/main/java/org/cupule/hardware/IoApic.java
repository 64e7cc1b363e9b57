package org.cupule.hardware;

import org.cupule.state.Stateful;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The I/O APIC of one VM.
 *
 * <p>
 * Registers as the 82093AA and its successors: IOREGSEL at 0x00, IOWIN at 0x10, EOI at 0x40. State kind {@code ioapic}.
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

package org.cupule.hardware;

import org.cupule.state.Stateful;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The pair of 8259A interrupt controllers of one VM, the slave at the master's input 2, with the edge/level registers.
 *
 * <p>
 * An edge is latched until it is acknowledged: in a simulation a pulse may take no time, so unlike the chip's its
 * request does not end with it. Whether an input is level-triggered, ELCR says alone; as in the south bridges, bit 3 of
 * ICW1 has no effect. A chip that is not initialized, or not yet, asks for no interrupt. Source: 8259A data sheet; ELCR
 * as in the south bridges' data sheets.
 *
 * <h2>State kind {@code pic}, version 1</h2>
 *
 * Nested states {@code master} and {@code slave}, of kind {@code 8259a} version 1: numbers {@code lines} (levels of the
 * inputs, a bit each), {@code irr}, {@code isr}, {@code imr}, {@code elcr}, {@code icw1}, {@code icw2}, {@code icw3},
 * {@code icw4}, {@code step} (which ICW comes next, 2 to 4; 0 initialized, 1 never), {@code lowest} (the input of
 * lowest priority), and flags {@code readIsr}, {@code poll}, {@code specialMask}, {@code rotate} (in automatic end of
 * interrupt).
 *
 * @threading one caller at a time: the hypervisor's interrupt gate
 */
@ConsumerType
public interface Pic extends Stateful {
    /**
     * Reads a port.
     *
     * @param port
     *            0x20, 0x21, 0xA0, 0xA1, 0x4D0 or 0x4D1
     * @return 8 bits
     */
    int read(int port);

    /** Writes 8 bits to one of the same ports. */
    void write(int port, int value);

    /** Sets the level of an input, 0 to 15 (2 has none). */
    void line(int irq, boolean high);

    /** {@return whether the INTR output is high} */
    boolean intr();

    /**
     * Acknowledges as the processor's two INTA cycles do. @return the vector; the spurious one when nothing is pending
     */
    int acknowledge();

    /** Sets the power-on state; the levels of the inputs are kept. */
    void reset();
}

package org.cupule.hardware;

import org.cupule.state.Stateful;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The pair of 8259A interrupt controllers of one VM, the slave at the master's input 2, with the edge/level registers.
 *
 * <p>
 * State kind {@code pic}. Source: 8259A data sheet; ELCR as in the south bridges' data sheets.
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

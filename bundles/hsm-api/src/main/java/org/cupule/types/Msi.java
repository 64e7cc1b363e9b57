package org.cupule.types;

/**
 * A message-signalled interrupt: the write that a device would make.
 *
 * <pre>
 * address 31      20 19          12 11    4  3   2  1 0
 *        +----------+--------------+-------+----+----+---+
 *        |  0xFEE   | destination  |       | RH | DM |   |   DM 1 = logical, RH 1 = redirection hint
 *        +----------+--------------+-------+----+----+---+
 * data    15  14      10      8 7          0
 *        +---+---+---+----------+-----------+
 *        | T | L |   | delivery |  vector   |                T 1 = level, L 1 = assert
 *        +---+---+---+----------+-----------+
 * </pre>
 *
 * <p>
 * Source: Intel SDM volume 3, "Message Signalled Interrupts".
 *
 * @param address
 *            the address written
 * @param data
 *            the data written
 * @threading immutable
 */
public record Msi(long address, long data) {
    /** {@return whether the address lies in the interrupt window 0xFEExxxxx} */
    public boolean addressed() {
        return address >>> 20 == 0xFEE;
    }

    /** {@return the destination field} */
    public int destination() {
        return (int) (address >> 12) & 0xFF;
    }

    /** {@return whether the destination is logical} */
    public boolean logical() {
        return (address & 4) != 0;
    }

    /** {@return whether the redirection hint is set} */
    public boolean redirectionHint() {
        return (address & 8) != 0;
    }

    /** {@return the vector, 0 to 255} */
    public int vector() {
        return (int) data & 0xFF;
    }

    /** {@return the delivery mode's 3-bit code} */
    public int deliveryMode() {
        return (int) (data >> 8) & 7;
    }

    /** {@return whether the trigger mode is level} */
    public boolean level() {
        return (data & 1 << 15) != 0;
    }

    @Override
    public String toString() {
        return "msi 0x%x=0x%x".formatted(address, data);
    }
}

package org.cupule.hw.lapic;

/**
 * The error status register: errors are collected behind it, and a write shows them and begins a new collection.
 *
 * <pre>
 *  31      8   7   6   5   4   3..0
 * +---------+----+----+----+---+----+     7 illegal register address   6 received vector below 16
 * |    0    | IR | RV | SV | 0 | 0  |     5 sent vector below 16
 * +---------+----+----+----+---+----+
 * </pre>
 *
 * <p>
 * Source: Intel SDM volume 3, "Error Handling".
 *
 * @threading confined to the vCPU's thread
 */
final class ErrorStatus {
    static final int SEND_ILLEGAL_VECTOR = 1 << 5;
    static final int RECEIVE_ILLEGAL_VECTOR = 1 << 6;
    static final int ILLEGAL_REGISTER = 1 << 7;

    /** What the register reads. */
    int shown;
    /** What happened since it was written. */
    int collected;
    /** Whether the next error interrupts: one does, then none before the register is written. */
    boolean armed;

    void reset() {
        shown = 0;
        collected = 0;
        armed = true;
    }

    void write() {
        shown = collected;
        collected = 0;
        armed = true;
    }

    /** Collects an error. @return whether it interrupts */
    boolean collect(int bit, boolean masked) {
        collected |= bit;
        boolean interrupts = armed && !masked;
        armed &= !interrupts;
        return interrupts;
    }
}

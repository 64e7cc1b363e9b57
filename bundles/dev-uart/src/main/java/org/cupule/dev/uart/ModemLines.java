package org.cupule.dev.uart;

import org.cupule.state.ModelState;

/**
 * The modem status register. Outside the chip a peer is always connected and ready; in loopback the modem control
 * outputs come back as inputs.
 *
 * <pre>
 *    7     6     5     4      3      2      1      0
 * +-----+-----+-----+-----+------+------+------+------+
 * | DCD | RI  | DSR | CTS | dDCD | TERI | dDSR | dCTS |    d: changed since the last read; TERI: RI has ended
 * +-----+-----+-----+-----+------+------+------+------+
 * </pre>
 *
 * <p>
 * Source: PC16550D data sheet, "Modem Status Register" and "Modem Control Register" (bit 4).
 *
 * @threading confined to the device's gate
 */
final class ModemLines {
    static final int LOOPBACK = 0x10;
    static final int OUT2 = 0x08;
    static final int CHANGES = 0x0F;
    private static final int CTS = 0x10;
    private static final int DSR = 0x20;
    private static final int RI = 0x40;
    private static final int DCD = 0x80;
    private static final int PEER = CTS | DSR | DCD;

    private int status = PEER;

    void reset() {
        status = PEER;
    }

    /** {@return the register as it is} */
    int status() {
        return status;
    }

    /** {@return the register; the changes are forgotten} */
    int read() {
        int value = status;
        status &= ~CHANGES;
        return value;
    }

    /** Follows a write of the modem control register. */
    void control(int modemControl) {
        int inputs = (modemControl & LOOPBACK) == 0 ? PEER : looped(modemControl);
        int changed = inputs ^ status;
        int changes = (changed & (DCD | DSR | CTS)) >> 4 | (changed & status & RI) >> 4;
        status = inputs | status & CHANGES | changes;
    }

    private static int looped(int control) {
        return (control & 1) << 5 | (control & 2) << 3 | (control & 4) << 4 | (control & 8) << 4;
    }

    void save(ModelState.Builder state) {
        state.put("modemStatus", status);
    }

    void restore(ModelState state) {
        status = (int) state.number("modemStatus", 0, 0xFF);
    }
}

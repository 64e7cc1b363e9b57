package org.cupule.dev.uart;

import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/**
 * The receiver: 16 characters with the errors of each (one character while the FIFOs are off), and the line status bits
 * that come with them.
 *
 * <p>
 * Source: PC16550D data sheet, "Line Status Register" and "FIFO Interrupt Mode Operation".
 *
 * @threading confined to the device's gate
 */
final class Receiver {
    static final int DATA_READY = 0x01;
    static final int OVERRUN = 0x02;
    static final int BREAK = 0x10;
    static final int ERRORS = 0x1C;
    private static final int FIFO_ERROR = 0x80;
    private static final int DEPTH = 16;

    private final ByteQueue characters = new ByteQueue(DEPTH);
    private final ByteQueue errors = new ByteQueue(DEPTH);
    private boolean fifo;
    private boolean overrun;

    void reset() {
        fifo(false);
        overrun = false;
    }

    /** Switches the FIFO on or off, which empties it. */
    void fifo(boolean on) {
        fifo = on;
        clear();
    }

    void clear() {
        characters.clear();
        errors.clear();
    }

    int count() {
        return characters.count();
    }

    boolean hasRoom() {
        return count() < (fifo ? DEPTH : 1);
    }

    /** Receives a character. Without room the FIFO drops it; the single register is overwritten. */
    void receive(int value, int error) {
        overrun |= !hasRoom();
        if (!hasRoom() && !fifo) {
            clear();
        }
        if (hasRoom()) {
            characters.put(value);
            errors.put(error);
        }
    }

    /** {@return the oldest character, taken off; 0 when there is none} */
    int take() {
        if (characters.isEmpty()) {
            return 0;
        }
        errors.take();
        return characters.take();
    }

    /** {@return the receiver's bits of the line status register} */
    int status() {
        return (characters.isEmpty() ? 0 : DATA_READY | errors.first()) | (overrun ? OVERRUN : 0)
                | (fifo && anyError() ? FIFO_ERROR : 0);
    }

    /** Forgets the errors that a read of the line status register has shown: those of the oldest character. */
    void acknowledge() {
        overrun = false;
        if (!errors.isEmpty()) {
            errors.replaceFirst(0);
        }
    }

    private boolean anyError() {
        int any = 0;
        for (int i = 0; i < errors.count(); i++) {
            any |= errors.at(i);
        }
        return any != 0;
    }

    void save(ModelState.Builder state) {
        state.put("received", characters.toBytes()).put("receivedErrors", errors.toBytes()).put("overrun", overrun);
    }

    void restore(ModelState state, boolean fifoOn) {
        byte[] values = state.bytes("received");
        byte[] flags = state.bytes("receivedErrors", values.length);
        if (values.length > (fifoOn ? DEPTH : 1)) {
            throw new StateException("uart16550: field 'received' has %d characters, more than the receiver holds"
                    .formatted(values.length));
        }
        for (byte flag : flags) {
            if ((flag & ~ERRORS) != 0) {
                throw new StateException("uart16550: field 'receivedErrors' holds 0x%02x".formatted(flag));
            }
        }
        fifo = fifoOn;
        characters.set(values);
        errors.set(flags);
        overrun = state.flag("overrun");
    }
}

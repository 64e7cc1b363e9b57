package org.cupule.dev.sample;

import org.cupule.device.DeviceContext;
import org.cupule.state.ModelState;

/**
 * CAUSE, ENABLE, VECTORS and MESSAGES: from events to interrupts.
 *
 * @threading confined to the device's gate
 */
final class Interrupts {
    static final int DMA_ENDED = 0;
    static final int PERIOD_ENDED = 1;
    static final int DOORBELL = 2;
    private static final int EVENTS = 3;
    private static final int ALL = (1 << EVENTS) - 1;
    private static final int VECTOR_BITS = 0x03_03_03;

    private final DeviceContext context;
    private int cause;
    private int enable;
    private int vectors;
    private int messages;

    Interrupts(DeviceContext context) {
        this.context = context;
    }

    void reset() {
        cause = 0;
        enable = 0;
        vectors = 0;
        messages = 0;
        update();
    }

    int cause() {
        return cause;
    }

    int enabled() {
        return enable;
    }

    int vectors() {
        return vectors;
    }

    int messages() {
        return messages;
    }

    void vectors(int value) {
        vectors = value & VECTOR_BITS;
    }

    /** Something happened. */
    void event(int number) {
        cause |= 1 << number;
        if ((enable >> number & 1) != 0) {
            send(number);
        }
        update();
    }

    /** Makes events happen by their bits. */
    void trigger(int bits) {
        for (int number = 0; number < EVENTS; number++) {
            if ((bits >> number & 1) != 0) {
                event(number);
            }
        }
    }

    void acknowledge(int bits) {
        cause &= ~bits;
        update();
    }

    void enable(int bits) {
        int added = bits & ~enable & cause & ALL;
        enable = bits & ALL;
        for (int number = 0; number < EVENTS; number++) {
            if ((added >> number & 1) != 0) {
                send(number);
            }
        }
        update();
    }

    private void send(int number) {
        if (context.msi(vectors >> 8 * number & 3)) {
            messages++;
        }
    }

    private void update() {
        context.line(0, (cause & enable) != 0);
    }

    void save(ModelState.Builder state) {
        state.put("cause", cause).put("enable", enable).put("vectors", vectors)
                .put("messages", Integer.toUnsignedLong(messages));
    }

    void restore(ModelState state) {
        cause = (int) state.number("cause", 0, ALL);
        enable = (int) state.number("enable", 0, ALL);
        vectors = (int) state.number("vectors", 0, VECTOR_BITS) & VECTOR_BITS;
        messages = (int) state.number("messages", 0, 0xFFFF_FFFFL);
    }
}

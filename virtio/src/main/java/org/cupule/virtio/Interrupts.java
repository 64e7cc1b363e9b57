package org.cupule.virtio;

import org.cupule.device.DeviceContext;
import org.cupule.state.ModelState;

/**
 * From events to messages or to the pin, which the ISR status register takes back.
 *
 * <pre>
 * ISR status   7        2        1        0
 *             +----------+--------+--------+
 *             |     0    | config |  queue |   a read clears it and lowers INTx
 *             +----------+--------+--------+
 * </pre>
 *
 * <p>
 * Source: VIRTIO 1.2, section 4.1.4.5 "ISR status capability" and 4.1.5.3, 4.1.5.4.
 *
 * @threading confined to the device's gate
 */
final class Interrupts {
    private static final int QUEUE = 1;
    private static final int CONFIG = 2;

    private final DeviceContext context;
    private final int vectors;
    private int status;
    private int configVector;

    Interrupts(DeviceContext context, int vectors) {
        this.context = context;
        this.vectors = vectors;
        configVector = Virtqueue.NO_VECTOR;
    }

    void reset() {
        status = 0;
        configVector = Virtqueue.NO_VECTOR;
        context.line(0, false);
    }

    boolean has(int vector) {
        return vector >= 0 && vector < vectors;
    }

    int configVector() {
        return configVector;
    }

    void configVector(int wanted) {
        configVector = has(wanted) ? wanted : Virtqueue.NO_VECTOR;
    }

    /** Buffers were used in a queue whose events go to this vector. */
    void queue(int vector) {
        send(vector, QUEUE);
    }

    void config() {
        send(configVector, CONFIG);
    }

    /** Where the guest has switched messages on, the bus lets no pin through. */
    private void send(int vector, int bit) {
        if (vector == Virtqueue.NO_VECTOR || !context.msi(vector)) {
            status |= bit;
            context.line(0, true);
        }
    }

    int readStatus() {
        int now = status;
        status = 0;
        context.line(0, false);
        return now;
    }

    void save(ModelState.Builder state) {
        state.put("isr", status).put("configVector", configVector);
    }

    void restore(ModelState state) {
        status = (int) state.number("isr", 0, QUEUE | CONFIG);
        configVector((int) state.number("configVector", 0, Virtqueue.NO_VECTOR));
    }
}

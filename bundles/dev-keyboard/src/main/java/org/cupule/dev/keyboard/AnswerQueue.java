package org.cupule.dev.keyboard;

import java.util.ArrayDeque;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/**
 * Bytes on their way to the controller's output buffer. It has room for 16: what a guest does not fetch is lost.
 *
 * @threading confined to the device's gate
 */
final class AnswerQueue {
    private static final int ROOM = 16;

    private final ArrayDeque<Integer> bytes = new ArrayDeque<>();

    void put(int... values) {
        for (int value : values) {
            if (bytes.size() < ROOM) {
                bytes.add(value);
            }
        }
    }

    boolean isEmpty() {
        return bytes.isEmpty();
    }

    /** {@return the oldest byte; there is one} */
    int take() {
        return bytes.remove();
    }

    void clear() {
        bytes.clear();
    }

    void save(ModelState.Builder state, String name) {
        byte[] values = new byte[bytes.size()];
        int i = 0;
        for (int value : bytes) {
            values[i++] = (byte) value;
        }
        state.put(name, values);
    }

    void restore(ModelState state, String name) {
        byte[] values = state.bytes(name);
        if (values.length > ROOM) {
            throw new StateException("i8042: field '%s' has %d bytes, more than 16".formatted(name, values.length));
        }
        bytes.clear();
        for (byte value : values) {
            bytes.add(value & 0xFF);
        }
    }
}

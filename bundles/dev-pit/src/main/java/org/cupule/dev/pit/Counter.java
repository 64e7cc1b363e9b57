package org.cupule.dev.pit;

import org.cupule.state.ModelState;

/**
 * One of the three counters as a programmer sees it: control word, counts byte by byte, latches.
 *
 * <pre>
 * control word (low 6 bits) and status byte
 *    7     6     5 4    3 2 1    0
 * +-----+------+------+-------+-----+
 * | OUT | null |  RW  | mode  | BCD |      RW: 1 low byte, 2 high byte, 3 low byte then high byte
 * +-----+------+------+-------+-----+
 * </pre>
 *
 * <p>
 * Source: 82C54 data sheet, "Programming the 82C54".
 *
 * @threading confined to the device's gate
 */
final class Counter {
    private static final int NONE = -1;
    private static final int LOW = 1;
    private static final int HIGH = 2;
    private static final int FIRST_CONTROL = 0x30;

    private final CountingElement element;
    private int control = FIRST_CONTROL;
    private int lowWritten = NONE;
    private boolean highNext;
    private int countLatch = NONE;
    private int statusLatch = NONE;

    Counter(boolean gate) {
        element = new CountingElement(gate);
    }

    void reset(boolean gate) {
        element.reset(gate);
        program(FIRST_CONTROL);
    }

    CountingElement element() {
        return element;
    }

    /** Takes the low six bits of a control word. */
    void program(int word) {
        control = word & 0x3F;
        lowWritten = NONE;
        highNext = false;
        countLatch = NONE;
        statusLatch = NONE;
        int mode = word >> 1 & 7;
        element.program(mode > 5 ? mode - 4 : mode, (word & 1) != 0);
    }

    private int access() {
        return control >> 4;
    }

    void write(long now, int value) {
        if (access() == LOW) {
            element.load(now, value);
        } else if (access() == HIGH) {
            element.load(now, value << 8);
        } else if (lowWritten == NONE) {
            lowWritten = value;
            element.hold(now);
        } else {
            element.load(now, value << 8 | lowWritten);
            lowWritten = NONE;
        }
    }

    /** {@return the next byte: a latched status, a latched count, or the count as it is} */
    int read(long now) {
        if (statusLatch != NONE) {
            int status = statusLatch;
            statusLatch = NONE;
            return status;
        }
        boolean latched = countLatch != NONE;
        int value = latched ? countLatch : element.value(now);
        boolean high = access() == HIGH || access() != LOW && highNext;
        if (access() != LOW && access() != HIGH) {
            highNext = !highNext;
        }
        if (latched && (high || access() == LOW)) {
            countLatch = NONE;
        }
        return high ? value >> 8 : value & 0xFF;
    }

    /** Latches the count; one that was not read yet stays. */
    void latchCount(long now) {
        if (countLatch == NONE) {
            countLatch = element.value(now);
        }
    }

    /** Latches the status; one that was not read yet stays. */
    void latchStatus(long now) {
        if (statusLatch == NONE) {
            statusLatch = (element.out(now) ? 0x80 : 0) | (element.nullCount(now) ? 0x40 : 0) | control;
        }
    }

    ModelState save() {
        var state = ModelState.of("pit8254-counter", 1).put("control", control).put("lowWritten", lowWritten)
                .put("highNext", highNext).put("countLatch", countLatch).put("statusLatch", statusLatch);
        element.save(state);
        return state.build();
    }

    void restore(ModelState state) {
        control = (int) state.number("control", 0, 0x3F);
        lowWritten = (int) state.number("lowWritten", NONE, 0xFF);
        highNext = state.flag("highNext");
        countLatch = (int) state.number("countLatch", NONE, 0xFFFF);
        statusLatch = (int) state.number("statusLatch", NONE, 0xFF);
        element.restore(state);
    }
}

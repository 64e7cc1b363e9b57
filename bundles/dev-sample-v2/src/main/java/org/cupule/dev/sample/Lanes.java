package org.cupule.dev.sample;

import java.util.Arrays;
import org.cupule.state.ModelState;

/**
 * The 16 lanes of numbered writes and counted reads.
 *
 * @threading confined to the device's gate
 */
final class Lanes {
    static final int COUNT = 16;
    private static final int SEQUENCE = 0x00;
    private static final int ERRORS = 0x04;
    private static final int READS = 0x08;
    private static final int ACCEPTED = 0x0C;
    private static final int BAD_VALUE = 0x10;
    private static final int BAD_EXPECTED = 0x14;

    private final int[] expected = new int[COUNT];
    private final int[] errors = new int[COUNT];
    private final int[] reads = new int[COUNT];
    private final int[] accepted = new int[COUNT];
    private final int[] badValue = new int[COUNT];
    private final int[] badExpected = new int[COUNT];

    void reset() {
        for (int[] each : new int[][]{expected, errors, reads, accepted, badValue, badExpected}) {
            Arrays.fill(each, 0);
        }
    }

    int read(int lane, int register) {
        return switch (register) {
            case SEQUENCE -> expected[lane];
            case ERRORS -> errors[lane];
            case READS -> reads[lane]++;
            case ACCEPTED -> accepted[lane];
            case BAD_VALUE -> badValue[lane];
            case BAD_EXPECTED -> badExpected[lane];
            default -> 0;
        };
    }

    void write(int lane, int register, int value) {
        switch (register) {
            case SEQUENCE -> number(lane, value);
            case ERRORS -> errors[lane] = 0;
            case READS -> reads[lane] = value;
            default -> {
                // read-only
            }
        }
    }

    /** Takes a numbered write. After a wrong one it counts on from there: one fault is one error. */
    private void number(int lane, int value) {
        if (value == expected[lane]) {
            accepted[lane]++;
        } else {
            errors[lane]++;
            badValue[lane] = value;
            badExpected[lane] = expected[lane];
        }
        expected[lane] = value + 1;
    }

    void save(ModelState.Builder state) {
        state.put("laneExpected", longs(expected)).put("laneErrors", longs(errors)).put("laneReads", longs(reads))
                .put("laneAccepted", longs(accepted)).put("laneBadValue", longs(badValue))
                .put("laneBadExpected", longs(badExpected));
    }

    void restore(ModelState state) {
        take(state, "laneExpected", expected);
        take(state, "laneErrors", errors);
        take(state, "laneReads", reads);
        take(state, "laneAccepted", accepted);
        take(state, "laneBadValue", badValue);
        take(state, "laneBadExpected", badExpected);
    }

    private static long[] longs(int[] values) {
        return Arrays.stream(values).mapToLong(Integer::toUnsignedLong).toArray();
    }

    private static void take(ModelState state, String name, int[] target) {
        long[] values = state.longs(name, COUNT);
        for (int i = 0; i < COUNT; i++) {
            target[i] = (int) values[i];
        }
    }
}

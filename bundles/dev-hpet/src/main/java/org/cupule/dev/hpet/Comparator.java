package org.cupule.dev.hpet;

import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/**
 * One timer: what it waits for, and what it has seen. All numbers are unsigned.
 *
 * <pre>
 *  configuration   63:32 which inputs of the I/O APIC it can drive    15 messages: none   13:9 the input
 *                  8 forced to 32 bits    6 next write sets the comparator (once)   5 has 64 bits   4 can be periodic
 *                  3 periodic             2 interrupts              1 level
 * </pre>
 *
 * @threading confined to the device's gate
 */
final class Comparator {
    /** The inputs that it can drive: 24 to 27. */
    static final int FIRST_INPUT = 24;
    static final int INPUTS = 4;
    private static final long CAPABLE = (1L << INPUTS) - 1 << 32 + FIRST_INPUT | 1 << 5 | 1 << 4;
    private static final int WRITABLE = 0x3F4E;
    private static final int ROUTE = 0x1F << 9;
    private static final int LEVEL = 1 << 1;
    private static final int INTERRUPTS = 1 << 2;
    private static final int PERIODIC = 1 << 3;
    private static final int SET_VALUE = 1 << 6;
    private static final int NARROW = 1 << 8;
    private static final long LOW_HALF = 0xFFFF_FFFFL;

    private int config;
    private long value;
    private long period;
    /** Up to this value of the main counter all matches have been noticed. */
    private long seen;

    void reset() {
        config = 0;
        value = -1;
        period = 0;
        seen = 0;
    }

    boolean level() {
        return (config & LEVEL) != 0;
    }

    boolean interrupts() {
        return (config & INTERRUPTS) != 0;
    }

    /** {@return the input of the I/O APIC that it drives; below {@link #FIRST_INPUT} none} */
    int input() {
        return (config & ROUTE) >> 9;
    }

    private long mask() {
        return (config & NARROW) != 0 ? LOW_HALF : -1;
    }

    long config() {
        return CAPABLE | config;
    }

    /** An input that it cannot drive is not taken: software reads back whether it was. */
    void configure(long written, long changed) {
        int fresh = (int) (config & ~changed | written & changed) & WRITABLE;
        config = possible(fresh) ? fresh : fresh & ~ROUTE | config & ROUTE;
        value &= mask();
        period &= mask();
    }

    private static boolean possible(int config) {
        int input = (config & ROUTE) >> 9;
        return input == 0 || input >= FIRST_INPUT && input < FIRST_INPUT + INPUTS;
    }

    long value() {
        return value;
    }

    /** A periodic one takes its period of each write, and its next match only where bit 6 was set before. */
    void write(long written, long changed, long counter) {
        long bits = changed & mask();
        boolean periodic = (config & PERIODIC) != 0;
        if (!periodic || (config & SET_VALUE) != 0) {
            value = value & ~bits | written & bits;
            seen = counter - 1;
        }
        if (periodic) {
            period = period & ~bits | written & bits;
        }
        config &= ~SET_VALUE;
    }

    /** From now on matches count again: the main counter was set, or begins to run. */
    void begin(long counter) {
        seen = counter;
    }

    /** {@return how many ticks after what it has seen it matches} 0 is 2 to the power of 64. */
    private long distance() {
        return (value - seen - 1 & mask()) + 1;
    }

    /** {@return how far beyond {@link #seen} the next match lies; negative when there is none in sight} */
    long next() {
        long distance = distance();
        return distance == 0 ? -1 : distance;
    }

    long seen() {
        return seen;
    }

    /** Looks at the matches up to now. @return whether there was one */
    boolean catchUp(long counter) {
        long passed = counter - seen;
        long distance = distance();
        boolean matched = distance != 0 && Long.compareUnsigned(distance, passed) <= 0;
        if (matched && (config & PERIODIC) != 0 && period != 0) {
            long more = Long.divideUnsigned(passed - distance, period);
            value = value + (more + 1) * period & mask();
        }
        seen = counter;
        return matched;
    }

    ModelState save() {
        return ModelState.of("hpet-comparator", 1).put("config", config).put("value", value).put("period", period)
                .put("seen", seen).build();
    }

    void restore(ModelState state) {
        config = (int) state.number("config", 0, WRITABLE) & WRITABLE;
        if (!possible(config)) {
            throw new StateException("hpet-comparator: field 'config' is %d, with an input that it cannot drive"
                    .formatted(config));
        }
        value = state.number("value") & mask();
        period = state.number("period") & mask();
        seen = state.number("seen");
    }
}

package org.cupule.dev.pit;

import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.time.VmTimer;

/**
 * The counting element of one counter, computed from the time: nothing happens between two looks at it. Time is the
 * number of the CLK pulse; a count written during pulse t is loaded by pulse t + 1.
 *
 * <pre>
 * OUT in the six modes, N written (or the gate risen, modes 1 and 5) during pulse t, n = N pulses:
 *
 *             t+1                          t+1+n
 * mode 0   ____|_____________________________|~~~~~~~~~~~~     interrupt on terminal count
 * mode 1   ~~~~|_____________________________|~~~~~~~~~~~~     one-shot, by the gate
 * mode 2   ~~~~|~~~~~~~~~~~~~~~~~~~~~~~~~~~|_|~~~~~~~~~~~~     rate generator: low for the last pulse
 * mode 3   ~~~~|~~~~~~~~~~~~~~~|_____________|~~~~~~~~~~~~     square wave: (n+1)/2 high, n/2 low
 * mode 4   ~~~~|~~~~~~~~~~~~~~~~~~~~~~~~~~~~~|_|~~~~~~~~~~     strobe, by the count
 * mode 5   as mode 4, by the gate
 * </pre>
 *
 * <p>
 * Source: 82C54 data sheet, "Mode Definitions" and "Operation Common to All Modes".
 *
 * @threading confined to the device's gate
 */
final class CountingElement {
    static final long NEVER = VmTimer.NEVER;
    private static final long RUNNING = -1;
    /** More than a hundred years of pulses, whose nanoseconds still fit into a number. */
    private static final long LATEST = 1L << 52;

    private int mode;
    private boolean bcd;
    private boolean gate;
    /** The count in effect; 0 while none was written since the control word. */
    private long period;
    /** The pulse that loaded it. */
    private long begin;
    /** Pulses counted when counting was suspended, or {@link #RUNNING}. */
    private long suspended;
    /** Mode 0 between the two bytes of a count. */
    private boolean held;
    /** The level of OUT until the pulse {@link #begin}. */
    private boolean before;
    /** A count that is loaded later: in mode 1 and 5 by the gate, in mode 2 and 3 at {@link #switchAt}; or 0. */
    private long next;
    private long switchAt;
    /** In mode 3: whether the low half follows the switch. */
    private boolean switchToLow;

    CountingElement(boolean gate) {
        reset(gate);
    }

    void reset(boolean gateHigh) {
        gate = gateHigh;
        program(0, false);
    }

    /** A control word: counting stops until a count is written. */
    void program(int newMode, boolean newBcd) {
        mode = newMode;
        bcd = newBcd;
        period = 0;
        begin = 0;
        suspended = RUNNING;
        held = false;
        before = newMode != 0;
        next = 0;
        switchAt = 0;
        switchToLow = false;
    }

    /** Mode 0: the first of two bytes stops the counting and sets OUT low. */
    void hold(long now) {
        if (mode == 0) {
            suspended = counted(now);
            held = true;
        }
    }

    /** A whole count was written. */
    void load(long now, int count) {
        settle(now);
        long value = effective(count);
        switch (mode) {
            case 0, 4 -> start(now, value, mode != 0);
            case 1, 5 -> next = value;
            default -> loadPeriodic(now, value);
        }
    }

    private void loadPeriodic(long now, long value) {
        if (period == 0 || suspended != RUNNING || now < begin) {
            start(now, value, true);
            return;
        }
        long inPeriod = (now - begin) % period;
        long high = mode == 3 ? high(period) : period;
        switchToLow = mode == 3 && inPeriod < high;
        switchAt = now - inPeriod + (inPeriod < high ? high : period);
        next = value;
    }

    private void start(long now, long value, boolean level) {
        period = value;
        begin = now + 1;
        suspended = gate ? RUNNING : 0;
        held = false;
        before = level;
        next = 0;
    }

    /** The gate changes, as the mode has it ("Gate Pin Operations Summary"). */
    void gate(long now, boolean high) {
        if (gate == high) {
            return;
        }
        settle(now);
        boolean level = out(now);
        gate = high;
        switch (mode) {
            case 0, 4 -> suspend(now, high);
            case 1, 5 -> trigger(now, high, level);
            default -> restart(now, high);
        }
    }

    private void suspend(long now, boolean high) {
        if (period == 0 || held) {
            return;
        }
        if (high) {
            begin = now - suspended;
            suspended = RUNNING;
        } else {
            suspended = counted(now);
        }
    }

    private void trigger(long now, boolean high, boolean level) {
        long value = next != 0 ? next : period;
        if (high && value != 0) {
            start(now, value, level);
        }
    }

    private void restart(long now, boolean high) {
        if (period == 0) {
            return;
        }
        if (high) {
            start(now, next != 0 ? next : period, true);
        } else {
            suspended = counted(now);
        }
    }

    /** Brings a count into effect whose time has come. */
    private void settle(long now) {
        if (next != 0 && (mode == 2 || mode == 3) && suspended == RUNNING && now >= switchAt) {
            period = next;
            begin = switchAt - (switchToLow ? high(period) : 0);
            next = 0;
        }
    }

    private long counted(long now) {
        return suspended != RUNNING ? suspended : Math.max(0, now - begin);
    }

    private boolean loading(long now) {
        return suspended == RUNNING && now < begin;
    }

    /** {@return whether the last count written has not reached the counter yet} */
    boolean nullCount(long now) {
        settle(now);
        return period == 0 || next != 0 || held || loading(now);
    }

    /** {@return the level of OUT} */
    boolean out(long now) {
        settle(now);
        if (period == 0 || held || loading(now)) {
            return !held && before;
        }
        long counted = counted(now);
        return switch (mode) {
            case 0, 1 -> counted >= period;
            case 2 -> suspended != RUNNING || counted % period != period - 1;
            case 3 -> suspended != RUNNING || counted % period < high(period);
            default -> counted != period;
        };
    }

    /** {@return what the counter shows: 16 bits, in BCD where that was programmed} */
    int value(long now) {
        settle(now);
        if (period == 0) {
            return 0;
        }
        long counted = counted(now);
        long value = switch (mode) {
            case 2 -> period - counted % period;
            case 3 -> square(counted % period);
            default -> period - counted;
        };
        return represented(Math.floorMod(value, modulus()));
    }

    /** By twos, from an even number: an odd count loses one when it is loaded. */
    private long square(long inPeriod) {
        long high = high(period);
        return (period & ~1L) - 2 * (inPeriod < high ? inPeriod : inPeriod - high);
    }

    private static long high(long count) {
        return (count + 1) / 2;
    }

    boolean periodic() {
        return mode == 2 || mode == 3;
    }

    /** {@return the first pulse after this one at which OUT rises by counting, or {@link #NEVER}} */
    long nextRise(long now) {
        settle(now);
        if (period == 0 || held || suspended != RUNNING) {
            return NEVER;
        }
        long rise = switch (mode) {
            case 0, 1 -> begin + period;
            case 2, 3 -> periodicRise(now);
            default -> begin + period + 1;
        };
        return rise > now ? rise : NEVER;
    }

    private long periodicRise(long now) {
        if (next != 0 && mode == 3) {
            return switchToLow ? switchAt + next - high(next) : switchAt;
        }
        return begin + (Math.max(0, now - begin) / period + 1) * period;
    }

    private long modulus() {
        return bcd ? 10_000 : 0x1_0000;
    }

    /** {@return the count of a register: 0 stands for the largest, 1 is too short for a period} */
    private long effective(int count) {
        long value = count;
        if (bcd) {
            value = (count >> 12 & 15) * 1000L + (count >> 8 & 15) * 100L + (count >> 4 & 15) * 10L + (count & 15);
        }
        return value == 0 ? modulus() : periodic() ? Math.max(2, value) : value;
    }

    private int represented(long value) {
        int number = (int) value;
        return bcd
                ? number / 1000 << 12 | number / 100 % 10 << 8 | number / 10 % 10 << 4 | number % 10
                : number;
    }

    void save(ModelState.Builder state) {
        state.put("mode", mode).put("bcd", bcd).put("gate", gate).put("period", period).put("begin", begin)
                .put("suspended", suspended).put("held", held).put("before", before).put("next", next)
                .put("switchAt", switchAt).put("switchToLow", switchToLow);
    }

    void restore(ModelState state) {
        mode = (int) state.number("mode", 0, 5);
        bcd = state.flag("bcd");
        gate = state.flag("gate");
        period = state.number("period", 0, 0x1_0000);
        begin = state.number("begin", -LATEST, LATEST);
        suspended = state.number("suspended", RUNNING, LATEST);
        held = state.flag("held");
        before = state.flag("before");
        next = state.number("next", 0, 0x1_0000);
        switchAt = state.number("switchAt", -LATEST, LATEST);
        switchToLow = state.flag("switchToLow");
        if (periodic() && (period == 1 || next == 1)) {
            throw new StateException("pit8254: a period of 1 in mode " + mode);
        }
    }
}

package org.cupule.dev.rtc;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import org.cupule.state.ModelState;

/**
 * The time and calendar registers, computed from the VM's clock while they run, and plain memory while they are held
 * (register B's SET bit, or a divider that does not count).
 *
 * @threading confined to the device's gate
 */
final class ClockFace {
    static final long SECOND = 1_000_000_000L;
    static final int FIELDS = 8;
    static final int CENTURY = 7;
    private static final int HOUR = 2;
    private static final int WEEKDAY = 3;
    /** Years 0 to 9999. */
    private static final long LEAST_SECONDS = -62_167_219_200L;
    private static final long MOST_SECONDS = 253_402_300_799L;
    private static final long MOST_ORIGIN = 1L << 60;

    /** Seconds since the epoch at {@link #origin}. */
    private long base;
    /** VM nanoseconds at which a second began. */
    private long origin;
    /** How far the weekday that the guest wrote is from the calendar's. */
    private int weekdayShift;
    private boolean held;
    private int[] registers = new int[FIELDS];

    ClockFace(long epochSeconds) {
        base = Math.clamp(epochSeconds, LEAST_SECONDS, MOST_SECONDS);
    }

    boolean held() {
        return held;
    }

    long origin() {
        return origin;
    }

    long seconds(long now) {
        return base + Math.floorDiv(now - origin, SECOND);
    }

    /** {@return nanoseconds of the present second that have passed} */
    long phase(long now) {
        return Math.floorMod(now - origin, SECOND);
    }

    /** Stops: the registers keep what they show. */
    void hold(long now, Notation notation) {
        registers = shown(now, notation);
        held = true;
    }

    /** Goes on from what the registers say, in step with the seconds of the divider. */
    void release(long now, Notation notation) {
        base = decoded(notation) - Math.floorDiv(now - origin, SECOND);
        weekdayShift = Math.floorMod(notation.decode(registers[WEEKDAY]) - weekday(LocalDate.ofEpochDay(
                Math.floorDiv(seconds(now), 86_400))), 7);
        held = false;
    }

    /** Begins a second now less so many nanoseconds: what the divider does when it begins to count. */
    void align(long now, long passedNanos) {
        origin = now - passedNanos;
    }

    int read(int field, long now, Notation notation) {
        return held ? registers[field] : shown(now, notation)[field];
    }

    void write(int field, int value, long now, Notation notation) {
        if (held) {
            registers[field] = value;
        } else {
            hold(now, notation);
            registers[field] = value;
            release(now, notation);
        }
    }

    private int[] shown(long now, Notation notation) {
        var time = LocalDateTime.ofEpochSecond(seconds(now), 0, ZoneOffset.UTC);
        int[] numbers = {time.getSecond(), time.getMinute(), 0,
                (weekday(time.toLocalDate()) - 1 + weekdayShift) % 7 + 1, time.getDayOfMonth(), time.getMonthValue(),
                Math.floorMod(time.getYear(), 100), Math.floorMod(Math.floorDiv(time.getYear(), 100), 100)};
        int[] values = Arrays.stream(numbers).map(notation::encode).toArray();
        values[HOUR] = notation.encodeHour(time.getHour());
        return values;
    }

    /** {@return 1 for Sunday to 7 for Saturday} */
    private static int weekday(LocalDate date) {
        return date.getDayOfWeek().getValue() % 7 + 1;
    }

    /** What no clock could show counts as the nearest that one can. */
    private long decoded(Notation notation) {
        int[] numbers = Arrays.stream(registers).map(notation::decode).toArray();
        int year = Math.min(numbers[CENTURY], 99) * 100 + Math.min(numbers[6], 99);
        return LocalDate.of(year, Math.clamp(numbers[5], 1, 12), 1).plusDays(Math.clamp(numbers[4], 1, 31) - 1L)
                .toEpochDay() * 86_400 + Math.min(notation.decodeHour(registers[HOUR]), 23) * 3600L
                + Math.min(numbers[1], 59) * 60L + Math.min(numbers[0], 59);
    }

    /**
     * {@return the first second after this one at which all three match, or {@link Long#MAX_VALUE}}
     *
     * @param after
     *            seconds since the epoch
     * @param alarm
     *            seconds, minutes and hours as the alarm registers have them; 0xC0 and more match always
     */
    static long nextAlarm(long after, int[] alarm, Notation notation) {
        long second = after + 1;
        while (second <= after + 86_400) {
            long ofDay = Math.floorMod(second, 86_400L);
            if (!matches(alarm[2], notation.decodeHour(alarm[2]), ofDay / 3600)) {
                second += 3600 - ofDay % 3600;
            } else if (!matches(alarm[1], notation.decode(alarm[1]), ofDay / 60 % 60)) {
                second += 60 - ofDay % 60;
            } else if (!matches(alarm[0], notation.decode(alarm[0]), ofDay % 60)) {
                second++;
            } else {
                return second;
            }
        }
        return Long.MAX_VALUE;
    }

    private static boolean matches(int register, int wanted, long present) {
        return register >= 0xC0 || wanted == present;
    }

    void save(ModelState.Builder state) {
        state.put("base", base).put("origin", origin).put("weekdayShift", weekdayShift).put("held", held)
                .put("registers", Arrays.stream(registers).asLongStream().toArray());
    }

    void restore(ModelState state) {
        base = state.number("base", LEAST_SECONDS - MOST_ORIGIN / SECOND, MOST_SECONDS + MOST_ORIGIN / SECOND);
        origin = state.number("origin", -MOST_ORIGIN, MOST_ORIGIN);
        weekdayShift = (int) state.number("weekdayShift", 0, 6);
        held = state.flag("held");
        registers = Arrays.stream(state.longs("registers", FIELDS)).mapToInt(value -> (int) value & 0xFF).toArray();
    }
}

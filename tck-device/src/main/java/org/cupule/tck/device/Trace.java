package org.cupule.tck.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a guest has seen of a device: each access with its answer, and what lines, messages and timers were after it.
 *
 * @threading confined to the test
 */
public final class Trace {
    private final List<Entry> entries = new ArrayList<>();

    private record Entry(char what, int window, long offset, int size, long value, long outside) {
        private String text() {
            String place = "%s+0x%x, %d bytes".formatted(what == 'c' || what == 'C'
                    ? "capability " + window
                    : "window " + window, offset, size);
            return switch (what) {
                case 'r', 'c' -> "read of %s gave 0x%x".formatted(place, value);
                case 'w', 'C' -> "write of 0x%x to %s".formatted(value, place);
                default -> "reset";
            };
        }
    }

    void add(char what, int window, long offset, int size, long value, long outside) {
        entries.add(new Entry(what, window, offset, size, value, outside));
    }

    /** {@return how many accesses it has} */
    public int length() {
        return entries.size();
    }

    /** {@return where two runs of the same accesses differ first, in a sentence; empty when they do not} */
    public Optional<String> difference(Trace other) {
        int both = Math.min(length(), other.length());
        for (int i = 0; i < both; i++) {
            if (!entries.get(i).equals(other.entries.get(i))) {
                return Optional.of(sentence(i, entries.get(i), other.entries.get(i)));
            }
        }
        return length() == other.length()
                ? Optional.empty()
                : Optional.of("one run has %d accesses, the other %d".formatted(length(), other.length()));
    }

    private static String sentence(int at, Entry one, Entry two) {
        if (one.value != two.value || one.offset != two.offset || one.window != two.window) {
            return "at access %d: %s in one run, %s in the other".formatted(at + 1, one.text(), two.text());
        }
        return "after access %d (%s) lines, messages or timers differ".formatted(at + 1, one.text());
    }
}

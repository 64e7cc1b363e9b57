package org.cupule.itests;

import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a terminal of 25 lines would show: printable characters, and of ECMA-48's sequences the cursor's place (CUP) and
 * clearing (ED). All others are left out.
 *
 * @threading any thread
 */
final class SerialScreen {
    private static final int LINES = 25;
    private static final int COLUMNS = 80;
    private static final int ESCAPE = 27;

    private final char[][] cells = new char[LINES][COLUMNS];
    private final StringBuilder sequence = new StringBuilder();
    private int line;
    private int column;
    private long written;

    SerialScreen() {
        clear();
    }

    private void clear() {
        for (char[] row : cells) {
            Arrays.fill(row, ' ');
        }
    }

    /** Takes the next byte. */
    synchronized void put(int value) {
        written++;
        if (value == ESCAPE || !sequence.isEmpty()) {
            sequence.append((char) value);
            boolean ends = sequence.length() > 2 && value >= 0x40 && value <= 0x7E;
            if (ends || sequence.length() == 2 && value != '[') {
                control();
                sequence.setLength(0);
            }
        } else if (value == '\r') {
            column = 0;
        } else if (value == '\n') {
            line = Math.min(line + 1, LINES - 1);
        } else if (value >= ' ' && column < COLUMNS) {
            cells[line][column++] = (char) value;
        }
    }

    private void control() {
        char what = sequence.charAt(sequence.length() - 1);
        if (what == 'J') {
            clear();
        }
        if (what == 'H') {
            String[] places = sequence.substring(2, sequence.length() - 1).split(";");
            line = place(places, 0, LINES);
            column = place(places, 1, COLUMNS);
        }
    }

    private static int place(String[] places, int i, int most) {
        return i < places.length && places[i].matches("\\d{1,3}")
                ? Math.clamp(Integer.parseInt(places[i]) - 1L, 0, most - 1)
                : 0;
    }

    /** {@return how many bytes have come} */
    synchronized long written() {
        return written;
    }

    /** {@return the number that the first group of a pattern finds, or -1} */
    int number(Pattern pattern) {
        Matcher matcher = pattern.matcher(toString());
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : -1;
    }

    @Override
    public synchronized String toString() {
        return Arrays.stream(cells).map(row -> new String(row).stripTrailing()).collect(Collectors.joining("\n"));
    }
}

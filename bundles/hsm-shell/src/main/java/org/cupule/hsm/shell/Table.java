package org.cupule.hsm.shell;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows under headings, each column as wide as its widest cell. What a command returns: Gogo prints it by its text.
 *
 * @threading confined to its maker
 */
final class Table {
    private final String[] headings;
    private final List<String[]> rows = new ArrayList<>();

    Table(String... headings) {
        this.headings = headings;
    }

    Table row(Object... cells) {
        rows.add(Arrays.stream(cells).map(String::valueOf).toArray(String[]::new));
        return this;
    }

    @Override
    public String toString() {
        int[] widths = new int[headings.length];
        measure(headings, widths);
        rows.forEach(row -> measure(row, widths));
        var text = new StringBuilder();
        line(text, headings, widths);
        rows.forEach(row -> line(text.append('\n'), row, widths));
        return text.toString();
    }

    private static void measure(String[] cells, int[] widths) {
        for (int i = 0; i < cells.length; i++) {
            widths[i] = Math.max(widths[i], cells[i].length());
        }
    }

    private static void line(StringBuilder text, String[] cells, int[] widths) {
        int start = text.length();
        for (int i = 0; i < cells.length; i++) {
            text.append(cells[i]).append(" ".repeat(widths[i] - cells[i].length() + 2));
        }
        text.setLength(Math.max(start, text.toString().stripTrailing().length()));
    }
}

package org.cupule.rig.guest;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The rows of the specification's list that no test in the virtual machine shows: each is counted as skipped, with the
 * reason that {@code not-here.tsv} gives. One without a reason is a failure, and so is a reason for one that is shown.
 *
 * @threading immutable
 */
final class Rows {
    private static final String ALL = "/org/cupule/tck/conformance/rows.tsv";
    private static final String REASONS = "/org/cupule/rig/guest/not-here.tsv";
    private static final String SUITE = "org.cupule.rig.guest.Rows";

    private Rows() {
    }

    /** Adds to the reports what was not shown. */
    static void complete(ReportWriter reports) throws IOException {
        Map<String, String> reasons = table(REASONS).stream().collect(Collectors.toMap(row -> row[0], row -> row[1]));
        Set<String> shown = reports.passedRows();
        for (String[] row : table(ALL)) {
            String reason = reasons.get(row[0]);
            if (reason != null && shown.contains(row[0])) {
                reports.fail(SUITE, row[0], "a test shows it: strike it in " + REASONS);
            } else if (reason != null) {
                reports.skip(SUITE, row[0] + " " + row[2], reason);
            } else if (!shown.contains(row[0])) {
                reports.fail(SUITE, row[0], "no test shows it, and " + REASONS + " does not say why");
            }
        }
    }

    private static List<String[]> table(String name) throws IOException {
        try (var lines = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(Rows.class.getResourceAsStream(name)), StandardCharsets.UTF_8))) {
            return lines.lines().map(line -> line.split("\t", -1)).toList();
        }
    }
}

package org.cupule.tck.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cupule.tck.conformance.Reports.End;
import org.cupule.tck.conformance.Reports.Test;

/**
 * Writes {@code docs/conformance.md} of the last test run: each row of the specification with the tests that carry its
 * id in their display name.
 */
public final class Conformance {
    private static final Pattern ID = Pattern.compile("HSM-[A-Z]+-\\d\\d");

    private final List<Row> rows;
    private final Map<String, List<Test>> tests;

    Conformance(List<Row> rows, List<Test> run) {
        this.rows = rows;
        this.tests = run.stream()
                .flatMap(test -> ID.matcher(test.name()).results().map(id -> Map.entry(id.group(), test)))
                .collect(Collectors.groupingBy(Map.Entry::getKey, TreeMap::new,
                        Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
    }

    /**
     * Writes the page.
     *
     * @param arguments
     *            the project's root folder
     */
    public static void main(String[] arguments) throws Exception {
        Path root = Path.of(arguments[0]);
        var conformance = new Conformance(Row.all(), Reports.read(root));
        Files.writeString(root.resolve("docs/conformance.md"), conformance.page());
        System.out.println(conformance.summary());
    }

    /** {@return one line: how many rows there are, hold, and do not} */
    String summary() {
        Map<String, Long> verdicts = rows.stream()
                .collect(Collectors.groupingBy(this::verdict, TreeMap::new, Collectors.counting()));
        return "%d rows: %s".formatted(rows.size(), verdicts.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey()).collect(Collectors.joining(", ")));
    }

    /** {@return the page, as Markdown} */
    String page() {
        return """
                # Conformance

                Written by `./cupule conformance` of the last test run; do not edit. The rows are those of the specification's list. An *analogue*
                shows the behaviour through caller memory and host interfaces where Linux speaks of user addresses, pins, signals or CPU hot-plug;
                a row of kind *rig* is shown so too, and as it is written by Linux's own driver in a virtual machine (`org.cupule.rig`, and
                tests in `org.cupule.linux.acrn` whose names end with Claims); what was *changed on purpose* is explained in [differences](differences.md).

                %s.

                | row | kind | what must hold | held by | |
                |---|---|---|---|---|
                """
                .formatted(summary())
                + Stream.concat(rows.stream().map(this::line), Stream.of(unknown()))
                        .filter(line -> !line.isEmpty()).collect(Collectors.joining("\n", "", "\n"));
    }

    private String line(Row row) {
        boolean shown = of(row).stream().anyMatch(test -> test.end() != End.SKIPPED);
        String suites = of(row).stream().filter(test -> !shown || test.end() != End.SKIPPED).map(Test::suite).distinct()
                .sorted().collect(Collectors.joining(", "));
        return "| %s | %s | %s | %s | %s |".formatted(row.id(), row.kind(), row.claim().replace("|", "\\|"), suites,
                verdict(row));
    }

    private String unknown() {
        List<String> known = rows.stream().map(Row::id).toList();
        return tests.keySet().stream().filter(id -> !known.contains(id))
                .map(id -> "| " + id + " | | there is no such row | " + tests.get(id).getFirst().suite() + " | |")
                .collect(Collectors.joining("\n"));
    }

    private String verdict(Row row) {
        List<Test> held = of(row);
        if (held.stream().anyMatch(test -> test.end() == End.FAILED)) {
            return "FAILED";
        }
        if (held.stream().anyMatch(test -> test.end() == End.PASSED)) {
            return "passed";
        }
        return held.isEmpty() ? "without a test" : "skipped";
    }

    private List<Test> of(Row row) {
        return tests.getOrDefault(row.id(), List.of());
    }
}

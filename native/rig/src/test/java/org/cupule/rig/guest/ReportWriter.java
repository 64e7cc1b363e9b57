package org.cupule.rig.guest;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.jspecify.annotations.Nullable;

/**
 * Reports in the form that Maven's plug-ins write, so that what counts those counts these.
 *
 * @threading any thread until {@link #write}
 */
final class ReportWriter implements TestExecutionListener {
    private static final Pattern ROW = Pattern.compile("HSM-[A-Z]+-\\d\\d");

    private final Path folder;
    private final Map<String, List<Ended>> suites = new TreeMap<>();
    private final Map<String, Long> began = new ConcurrentHashMap<>();
    private int failed;
    private int count;

    private record Ended(String name, String end, String why, double seconds) {
    }

    ReportWriter(Path folder) {
        this.folder = folder;
    }

    int failed() {
        return failed;
    }

    int count() {
        return count;
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        began.put(test.getUniqueId(), System.nanoTime());
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        end(test, "skipped", reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        boolean passed = result.getStatus() == Status.SUCCESSFUL;
        if (passed && !test.isTest()) {
            return;
        }
        Throwable thrown = result.getThrowable().orElse(null);
        switch (result.getStatus()) {
            case SUCCESSFUL -> end(test, "passed", "");
            case ABORTED -> end(test, "skipped", thrown == null ? "" : String.valueOf(thrown.getMessage()));
            case FAILED -> end(test, "failure", trace(thrown));
        }
    }

    private void end(TestIdentifier test, String end, String why) {
        double seconds = (System.nanoTime() - began.getOrDefault(test.getUniqueId(), System.nanoTime())) / 1e9;
        add(suite(test), new Ended(test.getDisplayName(), end, why, seconds));
    }

    private synchronized void add(String suite, Ended ended) {
        suites.computeIfAbsent(suite, name -> new ArrayList<>()).add(ended);
        count++;
        failed += ended.end.equals("failure") ? 1 : 0;
        System.out.printf("%-7s %s: %s (%.1f s)%n", ended.end, suite, ended.name, ended.seconds);
        if (!ended.why.isEmpty()) {
            System.out.println(ended.why);
        }
    }

    /** Counts something as skipped that is no test. */
    void skip(String suite, String name, String why) {
        add(suite, new Ended(name, "skipped", why, 0));
    }

    /** Counts something as failed that is no test. */
    void fail(String suite, String name, String why) {
        add(suite, new Ended(name, "failure", why, 0));
    }

    /** {@return the rows of the specification's list that stand in the names of tests that passed} */
    synchronized Set<String> passedRows() {
        return suites.values().stream().flatMap(List::stream).filter(test -> test.end.equals("passed"))
                .flatMap(test -> ROW.matcher(test.name).results().map(MatchResult::group)).collect(Collectors.toSet());
    }

    private static String suite(TestIdentifier test) {
        return test.getSource().map(source -> switch (source) {
            case MethodSource method -> method.getClassName();
            case ClassSource type -> type.getClassName();
            default -> "";
        }).orElse("");
    }

    private static String trace(@Nullable Throwable thrown) {
        StringWriter text = new StringWriter();
        if (thrown != null) {
            thrown.printStackTrace(new PrintWriter(text));
        }
        return text.toString();
    }

    /** Writes all reports. */
    synchronized void write() throws IOException {
        Files.createDirectories(folder);
        for (var suite : suites.entrySet()) {
            Files.writeString(folder.resolve("TEST-" + suite.getKey() + ".xml"),
                    report(suite.getKey(), suite.getValue()));
        }
    }

    private static String report(String suite, List<Ended> tests) {
        StringBuilder text = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        text.append(
                "<testsuite name=\"%s\" tests=\"%d\" skipped=\"%d\" failures=\"%d\" errors=\"0\">\n".formatted(suite,
                        tests.size(), count(tests, "skipped"), count(tests, "failure")));
        tests.forEach(test -> text.append("<testcase classname=\"%s\" name=\"%s\" time=\"%.3f\">%s\n</testcase>\n"
                .formatted(suite, escape(test.name), test.seconds, element(test))));
        return text.append("</testsuite>\n").toString();
    }

    private static long count(List<Ended> tests, String end) {
        return tests.stream().filter(test -> test.end.equals(end)).count();
    }

    private static String element(Ended test) {
        return switch (test.end) {
            case "skipped" -> "\n<skipped message=\"%s\"/>".formatted(escape(test.why));
            case "failure" -> "\n<failure>%s</failure>".formatted(escape(test.why));
            default -> "";
        };
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;")
                .replaceAll("[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F]", "?");
    }
}

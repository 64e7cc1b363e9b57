package org.cupule.rig.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs the tests in the guest, a line each, and leaves a report a class. */
public final class GuestMain {
    private GuestMain() {
    }

    /**
     * Runs tests. The process ends with 0 when all passed or were skipped.
     *
     * @param arguments
     *            the folder of the test classes, that for the reports, and names of classes, or of methods as
     *            {@code class#method}; none for all
     */
    public static void main(String[] arguments) throws IOException {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
        Path classes = Path.of(arguments[0]);
        List<String> wanted = arguments.length > 2
                ? Arrays.asList(arguments).subList(2, arguments.length)
                : claims(classes);
        ReportWriter reports = new ReportWriter(Path.of(arguments[1]));
        var builder = LauncherDiscoveryRequestBuilder.request();
        wanted.forEach(name -> builder.selectors(name.contains("#")
                ? DiscoverySelectors.selectMethod(name)
                : DiscoverySelectors.selectClass(name)));
        LauncherFactory.create().execute(builder.build(), reports);
        if (arguments.length == 2) {
            Rows.complete(reports);
        }
        reports.write();
        System.exit(reports.failed() == 0 && reports.count() > 0 ? 0 : 1);
    }

    private static List<String> claims(Path classes) throws IOException {
        try (Stream<Path> paths = Files.walk(classes)) {
            return paths.filter(path -> path.getFileName().toString().endsWith("Claims.class"))
                    .map(path -> classes.relativize(path).toString().replace('/', '.').replaceAll("\\.class$", ""))
                    .sorted(Comparator.naturalOrder()).toList();
        }
    }
}

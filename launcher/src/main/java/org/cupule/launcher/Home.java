package org.cupule.launcher;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;

/**
 * The folder of the platform that outlives the process: {@code $CUPULE_HOME}, else {@code ~/.cupule}.
 *
 * <pre>
 *   conf/logback.xml   logging, where a person wants it otherwise
 *   log/cupule.log     the log of all processes
 *   run/NUMBER/        one folder a process, removed at its end: bundles, framework cache
 * </pre>
 *
 * @threading immutable
 *
 * @param root
 *            the folder, absolute
 */
record Home(Path root) {
    static Home ofEnvironment() {
        var named = System.getenv("CUPULE_HOME");
        var root = named == null || named.isBlank()
                ? Path.of(System.getProperty("user.home"), ".cupule")
                : Path.of(named);
        return new Home(root.toAbsolutePath().normalize()).created();
    }

    private Home created() {
        try {
            Files.createDirectories(runs());
            Files.createDirectories(log().getParent());
            return this;
        } catch (IOException e) {
            throw new LaunchException(Status.HOST_FAILURE,
                    "cannot create %s (%s); set CUPULE_HOME to a folder that can be written.".formatted(root, e), e);
        }
    }

    Path runs() {
        return root.resolve("run");
    }

    Path log() {
        return root.resolve("log").resolve("cupule.log");
    }

    Path logback() {
        return root.resolve("conf").resolve("logback.xml");
    }

    /** Appends the trace of a command's failure to the log. */
    void log(String command, Throwable failure) {
        var trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace));
        try {
            Files.writeString(log(), "%s ERROR %s failed%n%s".formatted(Instant.now(), command, trace),
                    StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

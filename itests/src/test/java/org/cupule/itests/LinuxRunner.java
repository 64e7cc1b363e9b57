package org.cupule.itests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.AssumptionViolatedException;
import org.junit.runner.Description;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunNotifier;
import org.junit.runners.model.InitializationError;
import org.ops4j.pax.exam.junit.PaxExam;

/**
 * Runs a test of a stock Linux in the framework where its packages can be had, else skips it loudly. An assumption
 * inside of the framework would count as passed.
 *
 * @threading confined to the test's runner
 */
public final class LinuxRunner extends PaxExam {
    private static final int HOST_FAILURE = 4;

    private final Class<?> type;

    /** Runs a class. */
    public LinuxRunner(Class<?> type) throws InitializationError {
        super(type);
        this.type = type;
    }

    @Override
    public void run(RunNotifier notifier) {
        String why = missing();
        if (why.isEmpty()) {
            super.run(notifier);
            return;
        }
        System.err.println(type.getSimpleName() + ": SKIPPED: " + why);
        getDescription().getChildren().forEach(test -> skip(test, why, notifier));
    }

    private static void skip(Description test, String why, RunNotifier notifier) {
        notifier.fireTestStarted(test);
        notifier.fireTestAssumptionFailed(new Failure(test, new AssumptionViolatedException(why)));
        notifier.fireTestFinished(test);
    }

    /** {@return why the packages cannot be had; empty when they are here} */
    private static String missing() {
        try {
            Path home = Files.createDirectories(TestPlatform.linuxHome());
            Path file = Files.createTempFile(home, "initrd", ".cpio");
            var builder = new ProcessBuilder(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-jar",
                    TestPlatform.launcher().toString(), "linux", "--make-initrd", file.toString()))
                    .redirectErrorStream(true);
            builder.environment().put("CUPULE_HOME", home.toString());
            Process process = builder.start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            int status = process.onExit().join().exitValue();
            Files.delete(file);
            return verdict(status, output);
        } catch (IOException e) {
            throw new AssertionError("the packages of Linux cannot be asked for", e);
        }
    }

    private static String verdict(int status, String output) {
        boolean absent = output.contains("--kernel FILE") || output.contains("apt-get");
        if (status != 0 && !(status == HOST_FAILURE && absent)) {
            throw new AssertionError("status %d of 'linux --make-initrd': %s".formatted(status, output));
        }
        return status == 0 ? "" : output.strip();
    }
}

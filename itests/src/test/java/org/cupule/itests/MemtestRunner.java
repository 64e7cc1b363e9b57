package org.cupule.itests;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.AssumptionViolatedException;
import org.junit.runner.Description;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunNotifier;
import org.junit.runners.model.InitializationError;
import org.ops4j.pax.exam.junit.PaxExam;

/**
 * Runs a test of memtest86+ in the framework where the package can be had, else skips it loudly. An assumption inside
 * of the framework would count as passed.
 *
 * @threading confined to the test's runner
 */
public final class MemtestRunner extends PaxExam {
    private static final int NOT_HERE = 77;
    private static final String SKIPPED = "the package memtest86+ cannot be had here";

    /** Runs a class. */
    public MemtestRunner(Class<?> type) throws InitializationError {
        super(type);
    }

    @Override
    public void run(RunNotifier notifier) {
        Process process = fetch();
        process.onExit().join();
        if (process.exitValue() != NOT_HERE) {
            super.run(notifier);
            return;
        }
        System.err.println("MemtestIT: SKIPPED: " + SKIPPED);
        getDescription().getChildren().forEach(test -> skip(test, notifier));
    }

    private static void skip(Description test, RunNotifier notifier) {
        notifier.fireTestStarted(test);
        notifier.fireTestAssumptionFailed(new Failure(test, new AssumptionViolatedException(SKIPPED)));
        notifier.fireTestFinished(test);
    }

    private static Process fetch() {
        String script = Path.of(System.getProperty("cupule.root"), "guests", "fetch").toString();
        try {
            return new ProcessBuilder(script, "memtest86+").redirectError(ProcessBuilder.Redirect.INHERIT).start();
        } catch (IOException e) {
            throw new AssertionError(script + " cannot be run", e);
        }
    }
}

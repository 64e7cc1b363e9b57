package org.cupule.hsm.shell.demo;

import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * What the guest says on its console, line by line. Lines that begin with {@code round} are its running account; the
 * one that begins with {@code verdict:} is its last.
 *
 * @threading any thread
 */
final class GuestReport implements IntConsumer {
    private static final int MOST_LETTERS = 4096;

    private final PrintStream out;
    private final StringBuilder line = new StringBuilder();
    private long reports;
    private String verdict = "none";

    GuestReport(PrintStream out) {
        this.out = out;
    }

    @Override
    public synchronized void accept(int value) {
        if (value == '\n' || line.length() == MOST_LETTERS) {
            end(line.toString().strip());
            line.setLength(0);
        } else {
            line.append((char) value);
        }
    }

    private void end(String text) {
        if (text.startsWith("verdict:")) {
            verdict = text.substring("verdict:".length()).strip();
        }
        if (text.startsWith("round")) {
            reports++;
        }
        out.println("guest: " + text);
        notifyAll();
    }

    synchronized long reports() {
        return reports;
    }

    synchronized String verdict() {
        return verdict;
    }

    /** Waits until the guest has reported so often. @return false when it has not within the time */
    synchronized boolean await(long wanted, long seconds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (reports < wanted) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}

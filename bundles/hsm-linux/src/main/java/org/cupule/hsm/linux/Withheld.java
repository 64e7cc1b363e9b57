package org.cupule.hsm.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * How long the host kept the threads of virtual processors waiting for a processor of its own, as Linux counts it
 * ({@code /proc/PID/task/TID/schedstat}, the second number). A guest's clock goes on meanwhile, so its kernel sees its
 * own code take that much longer.
 *
 * @threading any thread
 */
final class Withheld {
    private static final String PROCESSOR = "-vcpu";
    private static final Path TASKS = Path.of("/proc/self/task");

    /** From here on a guest may see its own code take several times as long as it does. */
    private static final int BUSY_PERCENT = 10;

    private Withheld() {
    }

    /**
     * {@return whether an interrupt of the guest's that took so long is the host's doing: the host was busy, and kept
     * its processors back for at least as long in all}
     *
     * @param lateNanos
     *            what the guest's kernel has told; it tells of the first one only
     * @param withheldNanos
     *            of all virtual processors together
     * @param passedNanos
     *            of all virtual processors together
     */
    static boolean explains(long lateNanos, long withheldNanos, long passedNanos) {
        return percent(withheldNanos, passedNanos) >= BUSY_PERCENT && withheldNanos >= lateNanos;
    }

    static long percent(long withheldNanos, long passedNanos) {
        return withheldNanos * 100 / Math.max(1, passedNanos);
    }

    /** {@return nanoseconds, of all virtual processors of this process together; 0 where the host does not count} */
    static long nanos() {
        return nanos(TASKS);
    }

    static long nanos(Path tasks) {
        try (Stream<Path> threads = Files.list(tasks)) {
            return threads.mapToLong(Withheld::ofThread).sum();
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }

    private static long ofThread(Path thread) {
        try {
            if (!Files.readString(thread.resolve("comm")).contains(PROCESSOR)) {
                return 0;
            }
            String[] numbers = Files.readString(thread.resolve("schedstat")).strip().split(" ");
            return numbers.length > 1 ? Long.parseLong(numbers[1]) : 0;
        } catch (IOException | NumberFormatException e) {
            return 0; // it has ended
        }
    }
}

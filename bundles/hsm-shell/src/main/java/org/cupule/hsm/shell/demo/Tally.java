package org.cupule.hsm.shell.demo;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.swap.SwapReport;
import org.cupule.types.HsmException;

/**
 * Counts what happened.
 *
 * @threading confined to the main thread
 */
final class Tally {
    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int LOST = 8;

    private final List<SwapReport> swaps = new ArrayList<>();
    private int rollBacks;
    private int failures;
    private int replugs;

    /** Makes a swap that must succeed. */
    void swap(Supplier<List<SwapReport>> swap, PrintStream out) {
        try {
            for (SwapReport report : swap.get()) {
                swaps.add(report);
                out.println("swapped %-12s %s -> %s, state version %d, pause %d us".formatted(report.target(),
                        report.from().id(), report.to().id(), report.stateVersion(), report.pauseNanos() / 1000));
            }
        } catch (HsmException e) {
            failures++;
            out.println("swap FAILED: " + e.getMessage());
        }
    }

    /** Makes a swap that must fail and leave all as it was. */
    void rollBack(Runnable swap, PrintStream out) {
        try {
            swap.run();
            failures++;
            out.println("a swap that must fail did NOT");
        } catch (HsmException e) {
            rollBacks++;
            out.println("rolled back, as it should: " + e.getMessage());
        }
    }

    void replugged() {
        replugs++;
    }

    String table(IoRequests.Counters requests, String verdict, String end) {
        long[] pauses = swaps.stream().mapToLong(SwapReport::pauseNanos).sorted().toArray();
        return """
                swaps               %d, failed %d
                roll-backs          %d
                unplugged, plugged  %d
                guest-visible pause p50 %d us, max %d us
                I/O requests        posted %d, served %d, lost %d, served twice %d
                guest               %s; ended by %s""".formatted(swaps.size(), failures, rollBacks, replugs,
                micros(pauses, pauses.length / 2), micros(pauses, pauses.length - 1), requests.posted(),
                requests.completed(), requests.lost(), requests.twice(), verdict, end);
    }

    private static long micros(long[] sorted, int index) {
        return sorted.length == 0 ? 0 : sorted[index] / 1000;
    }

    int status(IoRequests.Counters requests, String verdict, String end) {
        if (requests.lost() != 0 || requests.twice() != 0 || requests.posted() != requests.completed()) {
            return LOST;
        }
        return failures == 0 && verdict.startsWith("ok") && end.equals("power-off") ? OK : FAILED;
    }
}

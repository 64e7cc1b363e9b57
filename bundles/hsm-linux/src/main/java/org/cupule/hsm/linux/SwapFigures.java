package org.cupule.hsm.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.swap.SwapReport;

/**
 * What the swaps of a demonstration were.
 *
 * @threading confined to the main thread
 */
final class SwapFigures {
    private final List<Long> pauses = new ArrayList<>();
    private final Map<String, Integer> kinds = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();

    void made(SwapReport report) {
        pauses.add(report.pauseNanos());
        kinds.merge(report.from().kind(), 1, Integer::sum);
    }

    void failed(String why) {
        failures.add(why);
    }

    List<String> failures() {
        return List.copyOf(failures);
    }

    int count() {
        return pauses.size() + failures.size();
    }

    /** {@return whether no request was lost or answered twice} */
    static boolean whole(IoRequests.Counters requests) {
        return requests.lost() == 0 && requests.twice() == 0 && requests.posted() == requests.completed();
    }

    String table(IoRequests.Counters requests) {
        return """
                swaps         %d, failed %d
                of            %s
                pause         p50 %d us, p99 %d us, longest %d us
                I/O requests  posted %d, served %d, lost %d, served twice %d""".formatted(pauses.size(),
                failures.size(), kinds.entrySet().stream().map(kind -> kind.getKey() + " " + kind.getValue())
                        .collect(Collectors.joining(", ")),
                micros(50), micros(99), micros(100), requests.posted(), requests.completed(), requests.lost(),
                requests.twice());
    }

    /** {@return the shortest pause that so many percent are not longer than} */
    long micros(int percent) {
        List<Long> sorted = pauses.stream().sorted().toList();
        int index = Math.ceilDiv(sorted.size() * percent, 100) - 1;
        return sorted.isEmpty() ? 0 : sorted.get(Math.max(0, index)) / 1000;
    }
}

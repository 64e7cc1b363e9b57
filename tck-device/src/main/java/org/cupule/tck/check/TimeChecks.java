package org.cupule.tck.check;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.cupule.tck.check.CodeScan.Call;
import org.cupule.tck.device.Explorer;
import org.cupule.tck.device.FakeMachine;
import org.cupule.tck.device.Trace;

/** Whether a device does the same in each run, whatever the host does meanwhile. */
final class TimeChecks {
    private static final int GAP_EVERY = 40;
    private static final long GAP_NANOS = 4_000_000;
    private static final Set<String> CLOCKS = Set.of("java/lang/System.nanoTime", "java/lang/System.currentTimeMillis",
            "java/util/Calendar.getInstance");
    private static final Map<String, Set<String>> WAITS = Map.of("java/lang/Thread",
            Set.of("start", "sleep", "join", "startVirtualThread", "ofVirtual", "ofPlatform", "extends"),
            "java/lang/Object", Set.of("wait"), "java/util/Timer", Set.of("<init>"),
            "java/util/concurrent/locks/LockSupport", Set.of("park", "parkNanos", "parkUntil"),
            "java/util/concurrent/ForkJoinPool", Set.of("commonPool", "<init>"),
            "java/util/concurrent/TimeUnit", Set.of("sleep"));

    private TimeChecks() {
    }

    static List<Check> all() {
        return List.of(
                new Check("runs-alike", "Replay, and tests that mean something, need a device that does the same in "
                        + "each deterministic run.",
                        "Take nothing from chance when DeviceContext.deterministic(); look for iteration over hash "
                                + "sets, identity hash codes, static fields, the host's time.",
                        List.of("dma-stood"), TimeChecks::runsAlike),
                new Check("instances-apart", "Two machines, or two cards in one, must not see each other.",
                        "Keep all that changes in fields of the device; make static fields final and immutable.",
                        List.of("runs-alike"), TimeChecks::instancesApart),
                new Check("time-from-clock", "The VM's time stands still while it is paused, saved or moved; the "
                        + "host's does not.",
                        "Ask DeviceContext.clock() for the time and DeviceContext.timer for a call later.",
                        List.of("runs-alike"), TimeChecks::timeFromClock),
                new Check("no-threads", "Nobody can stop, swap or save a device that works on threads of its own or "
                        + "waits inside a call.",
                        "Use DeviceContext.timer and DeviceContext.post; back-ends call when they have something.",
                        List.of(), TimeChecks::noThreads));
    }

    private static Verdict runsAlike(Subject subject) {
        for (long seed = 1; seed <= 4; seed++) {
            Optional<String> difference = subject.trace(seed, machine -> {
            }).difference(subject.trace(seed, machine -> {
            }));
            if (difference.isPresent()) {
                return Verdict.fail("two runs of the same accesses: %s", difference.get());
            }
        }
        return Verdict.pass("8 runs, two by two the same");
    }

    private static Verdict instancesApart(Subject subject) {
        Trace alone = subject.trace(5, machine -> {
        });
        FakeMachine other = subject.used();
        var noise = new Explorer(other, 99);
        Trace beside = subject.trace(5, machine -> machine.afterAccess(() -> noise.run(1)));
        return alone.difference(beside)
                .map(difference -> Verdict.fail("a run beside another instance: %s", difference))
                .orElseGet(() -> Verdict.pass("a run is the same beside another instance"));
    }

    private static Verdict timeFromClock(Subject subject) {
        CodeScan scan = new CodeScan(subject.code(), subject.factory().getClass());
        List<Call> calls = scan.calls((owner, call) -> readsTime(call));
        if (!calls.isEmpty()) {
            return Verdict.fail("%s", text(calls));
        }
        Trace fast = subject.trace(6, machine -> {
        });
        int[] count = {0};
        Trace slow = subject.trace(6, machine -> machine.afterAccess(() -> {
            if (++count[0] % GAP_EVERY == 0) {
                LockSupport.parkNanos(GAP_NANOS);
            }
        }));
        return fast.difference(slow).map(difference -> Verdict.fail("a run on a slower host: %s", difference))
                .orElseGet(() -> Verdict.pass("%d classes read no other clock; a slower host changes nothing",
                        scan.classes().size()));
    }

    private static boolean readsTime(Call call) {
        String owner = call.owner();
        return CLOCKS.contains(owner + "." + call.method())
                || owner.startsWith("java/time/") && (call.method().equals("now") || call.method().startsWith("system"))
                || owner.equals("java/util/Date") && call.method().equals("<init>") && call.descriptor().equals("()V");
    }

    private static Verdict noThreads(Subject subject) {
        CodeScan scan = new CodeScan(subject.code(), subject.factory().getClass());
        if (scan.classes().isEmpty()) {
            return Verdict.notApplicable("its classes cannot be read");
        }
        List<Call> calls = scan.calls((owner, call) -> waits(call));
        return calls.isEmpty()
                ? Verdict.pass("%d classes start no thread and wait for nothing", scan.classes().size())
                : Verdict.fail("%s", text(calls));
    }

    private static boolean waits(Call call) {
        return WAITS.getOrDefault(call.owner(), Set.of()).contains(call.method())
                || call.owner().equals("java/util/concurrent/Executors")
                || call.owner().equals("java/util/concurrent/CompletableFuture") && call.method().endsWith("Async");
    }

    private static String text(List<Call> calls) {
        return calls.stream().map(Call::toString).distinct().collect(Collectors.joining("; "));
    }
}

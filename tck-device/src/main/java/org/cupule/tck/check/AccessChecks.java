package org.cupule.tck.check;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.tck.device.Explorer;
import org.cupule.tck.device.FakeMachine;

/** Whether a device answers whatever a guest does, and in time. */
final class AccessChecks {
    private static final int DENSE = 0x140;
    private static final long[] VALUES = {0, -1, 0x0123_4567_89AB_CDEFL, 0x5555_5555_5555_5555L};
    private static final long HOUR_NANOS = 3_600_000_000_000L;

    private AccessChecks() {
    }

    static List<Check> all() {
        return List.of(
                new Check("deadline", "A call holds the vCPU that made it; the supervisor takes away a device that "
                        + "does not come back.",
                        "Look at the stack in the sentence: bound that loop, or go on in DeviceContext.post or a timer.",
                        List.of("interfaces"), AccessChecks::deadline),
                new Check("any-access", "Guests are hostile: any width at any offset must be answered.",
                        "Look at the first frame of the failure: give what is not a register a default answer, and "
                                + "check indices before they are used.",
                        List.of("deadline"), AccessChecks::anyAccess),
                new Check("answers-fit", "An answer wider than its access is nonsense: the supervisor counts it as a "
                        + "failure of the device.",
                        "Mask what you return to the size of the read: a register of 64 bits may be read in halves.",
                        List.of("any-access"), AccessChecks::answersFit),
                new Check("late-host", "A busy host calls timers late, by hours after a suspend.",
                        "Compute how many periods have passed; do not count on being called at the deadline.",
                        List.of("dma-stood"), AccessChecks::lateHost));
    }

    private static Verdict deadline(Subject subject) {
        Verdict first = timed(subject);
        return first.failed() ? timed(subject) : first; // a busy host is no slow device: only twice counts
    }

    private static Verdict timed(Subject subject) {
        var calls = new Stopwatch(subject.factory());
        Duration most = subject.deadline();
        var watch = new Watch("deadline-calls", () -> {
            Subject timed = subject.withFactory(calls);
            FakeMachine machine = timed.explored(1);
            machine.save();
            machine.swapTo(calls);
            machine.reset();
            machine.unplug();
            return Verdict.pass("the longest of its calls stayed under %d ms", most.toMillis());
        });
        Verdict verdict = watch.await(Duration.ofSeconds(30), () -> calls.present() > most.toNanos());
        if (calls.present() > most.toNanos()) {
            return Verdict.fail("a call has not returned for %d ms; %s", most.toMillis(), verdict.sentence());
        }
        if (calls.longest() > most.toNanos()) {
            return Verdict.fail("a call took %d ms, where %d are allowed", calls.longest() / 1_000_000,
                    most.toMillis());
        }
        return verdict.failed() ? Verdict.pass("no call was late; it failed otherwise: see 'any-access'") : verdict;
    }

    private static Verdict anyAccess(Subject subject) {
        swept(subject);
        return Verdict.pass("every width at every offset of %d windows, over their ends, and 3000 accesses more",
                subject.fresh().windows().size());
    }

    private static Verdict answersFit(Subject subject) {
        return swept(subject).broken().stream().filter(rule -> rule.startsWith("answers: ")).findFirst()
                .map(rule -> Verdict.fail("%s", rule))
                .orElse(Verdict.pass("no answer was wider than its access"));
    }

    private static FakeMachine swept(Subject subject) {
        FakeMachine machine = subject.fresh();
        machine.ram().accepting(true); // what is no memory has a check of its own
        subject.scripts().forEach(script -> script.accept(machine));
        List<Window> windows = machine.windows();
        IntStream.range(0, windows.size()).forEach(index -> sweep(machine, index, windows.get(index)));
        for (long seed = 100; seed < 140; seed++) {
            new Explorer(machine, seed).run(75);
            machine.reset();
        }
        return machine;
    }

    private static void sweep(FakeMachine machine, int index, Window window) {
        IntStream.of(1, 2, 4, 8).filter(size -> size < 8 || !window.ports())
                .forEach(size -> offsets(window).forEach(offset -> {
                    for (long value : VALUES) {
                        Explorer.read(machine, index, window.ports(), offset, size);
                        Explorer.write(machine, index, window.ports(), offset, size, value);
                    }
                }));
    }

    /** Dense where registers are, and at the end, and over it: there the platform answers. */
    private static LongStream offsets(Window window) {
        long last = window.length() - 1;
        return window.length() == 0
                ? LongStream.empty()
                : LongStream.concat(LongStream.rangeClosed(0, Math.min(last, 0x4000))
                        .filter(offset -> offset < DENSE || offset % 64 < 2),
                        LongStream.rangeClosed(Math.max(0, last - 8), last + 2));
    }

    private static Verdict lateHost(Subject subject) {
        FakeMachine machine = subject.used();
        machine.clock().advanceLate(HOUR_NANOS);
        new Explorer(machine, 31).run(Subject.STEPS);
        machine.clock().advanceLate(24 * HOUR_NANOS);
        machine.save();
        return Verdict.pass("it stands timers that come a day late");
    }
}

package org.cupule.tck.check;

import java.util.List;
import java.util.stream.IntStream;
import org.cupule.device.DeviceSpec;
import org.cupule.tck.device.Explorer;
import org.cupule.tck.device.FakeMachine;

/** Whether a device drives its interrupt lines as lines are driven. */
final class LineChecks {
    /** Below, an ISA machine's lines are edges, which may fall by themselves. */
    private static final int FIRST_LEVEL_GSI = 16;
    private static final int ROUNDS = 150;
    private static final long LONG_NANOS = 10_000_000_000L;

    private LineChecks() {
    }

    static List<Check> all() {
        return List.of(
                new Check("lines-declared", "The platform connects the lines that the spec names, and no others.",
                        "Name each line in DeviceSpec.lines; a PCI device has line 0, its INTx pin.",
                        List.of("dma-stood"), LineChecks::declared),
                new Check("line-held", "A level line stays high until the guest acknowledges: else the interrupt may "
                        + "be lost.",
                        "Lower the line where the guest clears the cause, not in a timer.",
                        List.of("instances-apart", "lines-declared"), LineChecks::held));
    }

    private static Verdict declared(Subject subject) {
        for (long seed = 1; seed <= 3; seed++) {
            FakeMachine machine = subject.explored(seed);
            var wrong = machine.broken().stream().filter(rule -> rule.startsWith("lines: ")).toList();
            if (!wrong.isEmpty()) {
                return Verdict.fail("%s", wrong.getFirst());
            }
        }
        return Verdict.pass("it drives only lines that it declared: %d", lines(subject.factory().spec()));
    }

    private static int lines(DeviceSpec spec) {
        return spec.pci().isPresent() ? 1 : spec.lines().size();
    }

    private static boolean level(DeviceSpec spec, int line) {
        if (spec.pci().isPresent()) {
            return spec.pci().get().intxPin() > 0;
        }
        int standard = spec.lines().get(line).standard();
        return standard < 0 || standard >= FIRST_LEVEL_GSI;
    }

    private static Verdict held(Subject subject) {
        DeviceSpec spec = subject.factory().spec();
        List<Integer> levels = IntStream.range(0, lines(spec)).filter(line -> level(spec, line)).boxed().toList();
        if (levels.isEmpty()) {
            return Verdict.notApplicable("it has no line that is a level: lines of GSI 0 to 15 are edges");
        }
        FakeMachine machine = subject.used();
        int looked = 0;
        for (int round = 0; round < ROUNDS; round++) {
            List<Integer> high = levels.stream().filter(machine::line).toList();
            machine.clock().advance(LONG_NANOS);
            machine.settle();
            looked += high.size();
            for (int line : high) {
                if (!machine.line(line)) {
                    return Verdict.fail("line %d fell by itself, without any access, within 10 s", line);
                }
            }
            new Explorer(machine, 1000 + round).run(4);
        }
        return looked == 0
                ? Verdict.notApplicable("no line was ever high: give a script that raises one")
                : Verdict.pass("%d times a line was high, and stayed so until the guest came", looked);
    }
}

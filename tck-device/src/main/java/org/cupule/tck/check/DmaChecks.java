package org.cupule.tck.check;

import java.util.List;
import org.cupule.state.ModelState;
import org.cupule.tck.device.Explorer;
import org.cupule.tck.device.FakeMachine;
import org.cupule.tck.device.Trace;

/** Whether a device stands addresses that are no memory, and says so. */
final class DmaChecks {
    private static final int SEEDS = 6;

    private DmaChecks() {
    }

    static List<Check> all() {
        return List.of(
                new Check("dma-stood", "The guest chooses the addresses, and hostile guests choose wrong ones.",
                        "Look at the result of DmaMemory.read and write; bound lengths before arrays are made.",
                        List.of("any-access"), DmaChecks::stood),
                new Check("dma-reported", "A transfer that did not happen must not look as if it had.",
                        "Set an error bit, or ask for a reset, when DmaMemory.read or write returns false.",
                        List.of("save-twice"), DmaChecks::reported));
    }

    private static Verdict stood(Subject subject) {
        int transfers = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            FakeMachine machine = subject.fresh();
            machine.ram().refusing(true);
            subject.scripts().forEach(script -> run(script, machine));
            new Explorer(machine, seed).run(Subject.STEPS);
            transfers += machine.ram().transfers();
        }
        return transfers == 0
                ? Verdict.notApplicable("it made no transfer: give a script that makes one")
                : Verdict.pass("%d transfers were refused, and stood", transfers);
    }

    /** A script may count on what a transfer brings, so what it throws itself does not count. */
    private static void run(java.util.function.Consumer<FakeMachine> script, FakeMachine machine) {
        try {
            script.accept(machine);
        } catch (AssertionError _) {
            machine.settle();
        }
    }

    private static Verdict reported(Subject subject) {
        Seen good = seen(subject, false);
        if (good.transfers == 0) {
            return Verdict.notApplicable("it made no transfer: give a script that makes one");
        }
        Seen refused = seen(subject, true);
        boolean same = good.trace.difference(refused.trace).isEmpty() && good.state.equals(refused.state);
        return same
                ? Verdict.fail("with all of %d transfers refused, answers, lines, messages and state are the same "
                        + "as with none", good.transfers)
                : Verdict.pass("a guest can see whether its %d transfers were done", good.transfers);
    }

    private record Seen(Trace trace, ModelState state, int transfers) {
    }

    private static Seen seen(Subject subject, boolean refusing) {
        var trace = new Trace();
        FakeMachine machine = subject.fresh();
        machine.ram().refusing(refusing);
        machine.trace(trace);
        subject.scripts().forEach(script -> run(script, machine));
        new Explorer(machine, 1).run(Subject.STEPS);
        return new Seen(trace, machine.save(), machine.ram().transfers());
    }
}

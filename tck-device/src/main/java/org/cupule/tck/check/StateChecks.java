package org.cupule.tck.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.cupule.device.Device;
import org.cupule.device.DeviceFactory;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.tck.device.Explorer;
import org.cupule.tck.device.FakeMachine;
import org.cupule.tck.device.Trace;

/** Whether the state of a device is all of it, and only what it can stand. */
final class StateChecks {
    private static final int[] EVERY = {1, 2, 7, 50};

    private StateChecks() {
    }

    static List<Check> all() {
        return List.of(
                new Check("state-versions", "A swap asks for the version that both models know.",
                        "Let save(version) build the state of just that version, of the schema's kind.",
                        List.of("instances-apart", "schema"), StateChecks::versions),
                new Check("save-twice", "A device is saved for a swap that may be rolled back, and saved again later.",
                        "Let save read fields and nothing else: no counters, no clock that is not rounded to a register.",
                        List.of("state-versions"), StateChecks::saveTwice),
                new Check("save-undisturbing", "A snapshot of a running guest must not be noticed by it.",
                        "Let save change nothing: no FIFO is emptied, no flag is cleared, no timer is moved.",
                        List.of("save-twice"), StateChecks::saveUndisturbing),
                new Check("restore-same", "What was restored and saved again is what was given.",
                        "Restore each field that save puts, and replace all of the present state.",
                        List.of("save-undisturbing"), StateChecks::restoreSame),
                new Check("restore-anywhere", "The guest must not see when its device is swapped.",
                        "Look for state that is not saved: latches, half-written registers, pending requests; do not "
                                + "touch lines, messages or memory in restore.",
                        List.of("restore-same", "close"), StateChecks::restoreAnywhere),
                new Check("restore-refuses", "A state that lacks something must be refused before the old device goes.",
                        "Read each field with ModelState.number, text, bytes, longs, nested: they throw StateException.",
                        List.of("restore-same"), StateChecks::restoreRefuses),
                new Check("restore-stands", "States come from files, and files are damaged.",
                        "Give number() the bounds that the field has; check the lengths of arrays and lists.",
                        List.of("restore-same"), StateChecks::restoreStands),
                new Check("old-states", "Guests are moved from older versions of this device to the present one.",
                        "Go on reading the versions that were once written; give new fields a value there.",
                        List.of("restore-same"), StateChecks::oldStates));
    }

    private static Verdict versions(Subject subject) {
        Device device = subject.explored(1).device();
        for (int version : subject.factory().schema().writes()) {
            ModelState state = device.save(version);
            if (state.version() != version || !state.kind().equals(subject.factory().schema().kind())) {
                return Verdict.fail("asked for version %d of '%s' it gave version %d of '%s'", version,
                        subject.factory().schema().kind(), state.version(), state.kind());
            }
        }
        return Verdict.pass("versions %s", subject.factory().schema().writes());
    }

    private static Verdict saveTwice(Subject subject) {
        for (FakeMachine machine : List.of(subject.fresh(), subject.used(), subject.explored(2))) {
            for (int version : subject.factory().schema().writes()) {
                ModelState first = machine.device().save(version);
                Optional<String> difference = StateText.difference(first, machine.device().save(version));
                if (difference.isPresent()) {
                    return Verdict.fail("version %d, saved twice: %s", version, difference.get());
                }
            }
        }
        return Verdict.pass("saved twice it is the same");
    }

    private static Verdict saveUndisturbing(Subject subject) {
        Trace plain = subject.trace(3, machine -> {
        });
        Trace saved = subject.trace(3, machine -> machine.afterAccess(machine::save));
        return plain.difference(saved).map(difference -> Verdict.fail("saved after each access: %s", difference))
                .orElseGet(() -> Verdict.pass("saved after each of %d accesses, nothing is seen of it",
                        plain.length()));
    }

    private static Verdict restoreSame(Subject subject) {
        for (long seed = 1; seed <= 4; seed++) {
            FakeMachine machine = subject.explored(seed);
            Optional<String> difference = StateText.difference(machine.save(), machine.twin().save());
            if (difference.isPresent()) {
                return Verdict.fail("restored and saved again: %s", difference.get());
            }
        }
        return Verdict.pass("restored and saved again it is the same");
    }

    private static Verdict restoreAnywhere(Subject subject) {
        DeviceFactory factory = subject.factory();
        int swaps = 0;
        for (int every : EVERY) {
            Trace plain = subject.trace(every, machine -> {
            });
            int[] count = {0};
            Trace swapped = subject.trace(every, machine -> machine.afterAccess(() -> {
                if (++count[0] % every == 0) {
                    machine.swapTo(factory);
                }
            }));
            swaps += count[0] / every;
            Optional<String> difference = plain.difference(swapped);
            if (difference.isPresent()) {
                return Verdict.fail("saved and restored at every access number divisible by %d: %s", every,
                        difference.get());
            }
        }
        return Verdict.pass("%d times saved and restored between accesses, nothing is seen of it", swaps);
    }

    private static Verdict restoreRefuses(Subject subject) {
        ModelState state = subject.used().save();
        var wrong = new ArrayList<>(StateText.lacking(state));
        wrong.addAll(StateText.mistyped(state));
        for (ModelState poor : wrong) {
            try {
                subject.fresh().device().restore(poor);
            } catch (StateException _) {
                continue; // as it must be
            } catch (RuntimeException e) {
                return Verdict.fail("it threw %s, which is no StateException, at the state %s", e, poor);
            }
            return Verdict.fail("it takes a state where something is missing or of another type: %s",
                    StateText.difference(state, poor).orElse(""));
        }
        return wrong.isEmpty()
                ? Verdict.notApplicable("its state has no fields")
                : Verdict.pass("%d states without a field or with one of another type are refused", wrong.size());
    }

    private static Verdict restoreStands(Subject subject) {
        ModelState state = subject.used().save();
        List<ModelState> damaged = StateText.damaged(state);
        int refused = 0;
        long seed = 41;
        for (ModelState nonsense : damaged) {
            FakeMachine machine = subject.fresh();
            try {
                machine.device().restore(nonsense);
            } catch (StateException _) {
                refused++;
                continue;
            }
            try {
                new Explorer(machine, seed++).run(Subject.STEPS / 2);
            } catch (RuntimeException e) {
                return Verdict.fail("it takes this state, and then throws %s: %s", e,
                        StateText.difference(state, nonsense).orElse(""));
            }
        }
        return Verdict.pass("of %d states with nonsense in a field %d are refused, the others stood", damaged.size(),
                refused);
    }

    private static Verdict oldStates(Subject subject) {
        if (subject.oldStates().isEmpty()) {
            return Verdict.notApplicable("no recorded states were given");
        }
        for (Map.Entry<String, ModelState> old : subject.oldStates().entrySet()) {
            ModelState state = old.getValue();
            FakeMachine machine = subject.fresh();
            try {
                machine.device().restore(state);
            } catch (StateException e) {
                return Verdict.fail("%s is refused: %s", old.getKey(), e.getMessage());
            }
            Optional<String> difference = subject.factory().schema().writes().contains(state.version())
                    ? StateText.difference(state, machine.device().save(state.version()))
                    : Optional.empty();
            if (difference.isPresent()) {
                return Verdict.fail("%s, restored and saved again: %s", old.getKey(), difference.get());
            }
            new Explorer(machine, 43).run(Subject.STEPS / 4);
        }
        return Verdict.pass("%d recorded states restore: %s", subject.oldStates().size(),
                String.join(", ", subject.oldStates().keySet()));
    }
}

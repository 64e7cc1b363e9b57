package org.cupule.tck.check;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.cupule.device.DeviceFactory;
import org.cupule.state.ModelState;
import org.cupule.tck.device.Explorer;
import org.cupule.tck.device.FakeMachine;
import org.cupule.tck.device.Trace;

/**
 * What is examined: a factory, and what its vendor gave to examine it with.
 *
 * @param factory
 *            makes the devices; each check makes fresh ones
 * @param options
 *            options that differ from their standard
 * @param scripts
 *            the vendor's own uses of the device; may be empty
 * @param oldStates
 *            states that earlier versions wrote, by the name of their file
 * @param code
 *            the classes of the plug-in, where they can be read
 * @param deadline
 *            how long a call may take
 * @threading immutable
 */
public record Subject(DeviceFactory factory, Map<String, String> options, List<Consumer<FakeMachine>> scripts,
        Map<String, ModelState> oldStates, PlugInCode code, Duration deadline) {
    /** How many accesses an explorer makes. */
    static final int STEPS = 400;
    private static final Duration DEADLINE = Duration.ofSeconds(1);

    /** Copies the collections. */
    public Subject {
        options = Map.copyOf(options);
        scripts = List.copyOf(scripts);
        oldStates = new java.util.TreeMap<>(oldStates);
    }

    /** {@return a factory with standard options, without scripts and states, its code where its class came from} */
    public static Subject of(DeviceFactory factory) {
        return new Subject(factory, Map.of(), List.of(), Map.of(), PlugInCode.of(factory.getClass()), DEADLINE);
    }

    /** {@return the same with other options} */
    public Subject withOptions(Map<String, String> changed) {
        return new Subject(factory, changed, scripts, oldStates, code, deadline);
    }

    /** {@return the same with one more script} */
    public Subject withScript(Consumer<FakeMachine> script) {
        var more = new ArrayList<>(scripts);
        more.add(script);
        return new Subject(factory, options, more, oldStates, code, deadline);
    }

    /** {@return the same with these recorded states} */
    public Subject withOldStates(Map<String, ModelState> states) {
        return new Subject(factory, options, scripts, states, code, deadline);
    }

    /** {@return the same with its classes from elsewhere} */
    public Subject withCode(PlugInCode classes) {
        return new Subject(factory, options, scripts, oldStates, classes, deadline);
    }

    /** {@return the same with another deadline for each call} */
    public Subject withDeadline(Duration most) {
        return new Subject(factory, options, scripts, oldStates, code, most);
    }

    /** {@return the same with another factory} */
    Subject withFactory(DeviceFactory other) {
        return new Subject(other, options, scripts, oldStates, code, deadline);
    }

    /** {@return a machine with a fresh device} */
    FakeMachine fresh() {
        return FakeMachine.noting(factory, options);
    }

    /** {@return a machine whose device has been through the vendor's scripts} */
    FakeMachine used() {
        FakeMachine machine = fresh();
        scripts.forEach(script -> script.accept(machine));
        return machine;
    }

    /** {@return a machine whose device has been through the scripts and an explorer} */
    FakeMachine explored(long seed) {
        FakeMachine machine = used();
        new Explorer(machine, seed).run(STEPS);
        return machine;
    }

    /** {@return what a guest sees in the scripts and an explorer's accesses, on a machine that was prepared so} */
    Trace trace(long seed, Consumer<FakeMachine> prepare) {
        var trace = new Trace();
        FakeMachine machine = fresh();
        prepare.accept(machine);
        machine.trace(trace);
        scripts.forEach(script -> script.accept(machine));
        new Explorer(machine, seed).run(STEPS);
        return trace;
    }

    /** {@return what a guest sees on a machine that has been used already} */
    static Trace continued(FakeMachine machine, long seed) {
        var trace = new Trace();
        machine.trace(trace);
        new Explorer(machine, seed).run(STEPS);
        return trace;
    }
}

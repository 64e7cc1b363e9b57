package org.cupule.tck;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.cupule.device.DeviceFactory;
import org.cupule.state.ModelState;
import org.cupule.tck.check.DeviceChecks;
import org.cupule.tck.check.Examination;
import org.cupule.tck.check.Finding;
import org.cupule.tck.check.StateFile;
import org.cupule.tck.check.Subject;
import org.cupule.tck.device.FakeMachine;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What every device must do, whatever it is: one test for each check of {@link DeviceChecks}. Extend it and give the
 * factory; all else is optional.
 *
 * <pre>
 * class SensorContractTest extends DeviceContract {
 *     &#64;Override
 *     protected DeviceFactory factory() {
 *         return new SensorFactory();
 *     }
 * }
 * </pre>
 *
 * @threading confined to the test
 */
public abstract class DeviceContract {
    /** {@return the factory whose devices are tested} */
    protected abstract DeviceFactory factory();

    /** Uses the device as a guest would, so that the checks see more than what chance finds. */
    protected void exercise(FakeMachine machine) {
    }

    /** {@return sets of options; all checks are made with each: as they are, when nothing is said} */
    protected List<Map<String, String>> optionSets() {
        return List.of(Map.of());
    }

    /**
     * {@return the folder with the states that earlier versions wrote, {@code *.json}} What the present version writes
     * lies in {@code target/states} after each run: copy it here when a version is released.
     */
    protected Path states() {
        return Path.of("src/test/resources/states");
    }

    @TestFactory
    Stream<DynamicContainer> device() throws IOException {
        Map<String, ModelState> old = StateFile.readAll(states());
        StateFile.record(subject(Map.of()), Path.of("target/states"));
        return optionSets().stream().map(options -> {
            Subject subject = subject(options).withOldStates(old);
            return DynamicContainer.dynamicContainer(options.isEmpty() ? "device" : "device " + options,
                    tests(new Examination(subject)));
        });
    }

    private Subject subject(Map<String, String> options) {
        return Subject.of(factory()).withOptions(options).withScript(this::exercise);
    }

    private static Stream<DynamicTest> tests(Examination examination) {
        return DeviceChecks.all().stream().map(check -> DynamicTest.dynamicTest(check.name(),
                () -> expect(examination.run(check.name()))));
    }

    private static void expect(Finding finding) {
        switch (finding.verdict().result()) {
            case PASS -> {
                // as it must be
            }
            case FAIL -> Assertions.fail(finding.advice());
            case NOT_APPLICABLE -> Assumptions.abort(finding.verdict().sentence());
        }
    }
}

package org.cupule.tck.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.cupule.device.DeviceFactory;
import org.cupule.state.ModelState;
import org.cupule.tck.check.Verdict.Result;
import org.cupule.tck.device.FakeMachine;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DeviceChecksTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(30);

    private static Subject subject(DeviceFactory factory, Duration deadline) {
        ModelState used = used().device().save(1);
        return Subject.of(factory).withScript(GoodFactory::exercise).withOldStates(Map.of("good-v1.json", used))
                .withDeadline(deadline);
    }

    private static FakeMachine used() {
        var machine = new FakeMachine(new GoodFactory());
        GoodFactory.exercise(machine);
        return machine;
    }

    @Test
    void theGoodDevicePassesAll() {
        assertThat(new Examination(subject(new GoodFactory(), LONG)).run())
                .allSatisfy(finding -> assertThat(finding.verdict().result()).as(finding.toString())
                        .isEqualTo(Result.PASS));
    }

    @Test
    void eachCheckHasADeviceThatItMustFind() {
        assertThat(Broken.all().keySet())
                .containsExactlyInAnyOrderElementsOf(DeviceChecks.all().stream().map(Check::name).toList());
    }

    static Stream<Arguments> broken() {
        return Broken.all().entrySet().stream().map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void aBrokenDeviceIsCaughtByTheCheckThatIsMeantForItAndByNoOther(String check, DeviceFactory factory) {
        Duration deadline = check.equals("deadline") ? SHORT : LONG;
        List<Finding> failed = new Examination(subject(factory, deadline)).run().stream()
                .filter(finding -> finding.verdict().failed()).toList();
        assertThat(failed).extracting(finding -> finding.check().name()).as(failed.toString()).containsExactly(check);
        assertThat(failed.getFirst().advice()).contains(check, "why:", "hint:");
    }

    @Test
    void aCheckThatIsAskedForAloneLooksAtWhatItNeedsFirst() {
        Verdict verdict = new Examination(subject(new Broken.AnyAccess(), LONG)).run("restore-anywhere").verdict();
        assertThat(verdict.result()).isEqualTo(Result.NOT_APPLICABLE);
        assertThat(verdict.sentence()).isEqualTo("not looked at, since 'any-access' failed");
    }

    @Test
    void aCheckThatDoesNotExistIsNamedWithThoseThatDo() {
        var examination = new Examination(Subject.of(new GoodFactory()));
        assertThatThrownBy(() -> examination.run("colour")).isInstanceOf(HsmException.class)
                .hasMessageContaining("no check 'colour'").hasMessageContaining("restore-anywhere");
    }
}

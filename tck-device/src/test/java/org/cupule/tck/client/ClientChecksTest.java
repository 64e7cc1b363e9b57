package org.cupule.tck.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.cupule.tck.check.Verdict;
import org.cupule.tck.check.Verdict.Result;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ClientChecksTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(30);

    private static Map<ClientCheck, Verdict> examined(Supplier<IoRequestClient> client, Duration deadline) {
        return new ClientExamination(new ClientSubject(client,
                List.of(IoRange.ports(0x300, 4), IoRange.mmio(0xFED4_0000L, 0x20)), false, deadline)).run();
    }

    private static List<ClientCheck> failed(Map<ClientCheck, Verdict> verdicts) {
        return verdicts.entrySet().stream().filter(entry -> entry.getValue().failed()).map(Map.Entry::getKey).toList();
    }

    @Test
    void theGoodClientPassesAll() {
        assertThat(examined(BrokenClients.Good::new, LONG).values()).hasSize(ClientChecks.all().size())
                .allSatisfy(verdict -> assertThat(verdict.result()).as(verdict.sentence()).isEqualTo(Result.PASS));
    }

    @Test
    void eachCheckHasAClientThatItMustFind() {
        assertThat(BrokenClients.all().keySet())
                .containsExactlyInAnyOrderElementsOf(ClientChecks.all().stream().map(ClientCheck::name).toList());
    }

    static Stream<Arguments> broken() {
        return BrokenClients.all().entrySet().stream()
                .map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void aBrokenClientIsCaughtByTheCheckThatIsMeantForItAndByNoOther(String check, Supplier<IoRequestClient> client) {
        Map<ClientCheck, Verdict> verdicts = examined(client, check.equals("deadline") ? SHORT : LONG);

        assertThat(failed(verdicts)).extracting(ClientCheck::name).as(verdicts.toString()).containsExactly(check);
        ClientCheck caught = failed(verdicts).getFirst();
        assertThat(caught.advice(verdicts.get(caught))).contains(check, "why:", "hint:");
    }

    @Test
    void aClientWithAThreadOfItsOwnIsAskedByOneAtATime() {
        var subject = new ClientSubject(BrokenClients.all().get("several-vcpus"), List.of(IoRange.ports(0x300, 4)),
                true,
                LONG);

        assertThat(failed(new ClientExamination(subject).run())).isEmpty();
    }

    @Test
    void aClientWhoseAnswersVaryIsNotSaidToMixVms() {
        Map<ClientCheck, Verdict> verdicts = examined(BrokenClients.Varying::new, LONG);

        assertThat(failed(verdicts)).isEmpty();
        assertThat(verdicts.values()).extracting(Verdict::result).contains(Result.NOT_APPLICABLE);
    }
}

package org.cupule.tck;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.cupule.tck.check.Verdict;
import org.cupule.tck.client.ClientCheck;
import org.cupule.tck.client.ClientChecks;
import org.cupule.tck.client.ClientExamination;
import org.cupule.tck.client.ClientSubject;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What every client of I/O requests must do: one test for each check of {@link ClientChecks}. Extend it, give the
 * client and its ranges; all else is optional.
 *
 * <pre>
 * class CounterContractTest extends ClientContract {
 *     &#64;Override
 *     protected IoRequestClient client() {
 *         return new Counter();
 *     }
 *
 *     &#64;Override
 *     protected List&lt;IoRange> ranges() {
 *         return List.of(IoRange.ports(0x300, 4));
 *     }
 * }
 * </pre>
 *
 * @threading confined to the test
 */
public abstract class ClientContract {
    /** {@return a client that has served nobody: another one each time} */
    protected abstract IoRequestClient client();

    /** {@return what its property {@code cupule.ranges} says} */
    protected abstract List<IoRange> ranges();

    /** {@return what its property {@code cupule.threaded} says} */
    protected boolean threaded() {
        return false;
    }

    /** {@return what one call may take: the platform's own limit when nothing is said} */
    protected Duration deadline() {
        return Duration.ofSeconds(1);
    }

    @TestFactory
    Stream<DynamicTest> clientOfIoRequests() {
        var examination = new ClientExamination(new ClientSubject(this::client, ranges(), threaded(), deadline()));
        return ClientChecks.all().stream().map(check -> DynamicTest.dynamicTest(check.name(),
                () -> expect(check, examination.run(check))));
    }

    private static void expect(ClientCheck check, Verdict verdict) {
        switch (verdict.result()) {
            case PASS -> {
                // as it must be
            }
            case FAIL -> Assertions.fail(check.advice(verdict));
            case NOT_APPLICABLE -> Assumptions.abort(verdict.sentence());
        }
    }
}

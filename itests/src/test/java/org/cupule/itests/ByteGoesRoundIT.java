package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import javax.inject.Inject;
import org.cupule.machine.Machine;
import org.cupule.machine.Machines;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;

/** The whole way of a byte: guest, slot, HSM, gate, UART, console; each part from a bundle of its own. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class ByteGoesRoundIT {
    /** A write of 0x10 to the debug-exit port. */
    private static final int HELLO_STATUS = 2 * 0x10 + 1;
    private static final int SWAPCOUNT_STATUS = 2 * 0x20 + 1;

    @Inject
    private Machines machines;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Test
    public void guestsLineComesOutOfTheConsole() throws Exception {
        try (var guest = RunningGuest.start(machines, "hello", 1, "")) {
            guest.outcome();

            assertThat(guest.said("")).anyMatch(line -> line.contains("hello"));
        }
    }

    @Test
    public void writeToTheDebugExitPortIsTheStatus() throws Exception {
        try (var guest = RunningGuest.start(machines, "hello", 1, "")) {
            assertThat(guest.outcome()).isEqualTo(new Machine.Outcome("debug-exit", HELLO_STATUS, ""));
        }
    }

    @Test
    public void eachByteIsARequestThatIsAnsweredOnce() throws Exception {
        try (var guest = RunningGuest.start(machines, "hello", 1, "")) {
            guest.outcome();

            // each letter: at least one look at the line status, and one write
            long letters = guest.said("").getFirst().length();
            assertThat(guest.counters().posted()).isGreaterThan(2 * letters);
            assertThat(guest.counters().completed()).isEqualTo(guest.counters().posted());
            assertThat(guest.counters().lost() + guest.counters().twice()).isZero();
        }
    }

    @Test
    public void byteOfTheHostReachesTheGuest() throws Exception {
        try (var guest = RunningGuest.start(machines, "swapcount", 1, "every=100")) {
            guest.awaitMore("count", 1);

            assertThat(guest.verdict()).startsWith("verdict: ok").contains("errors 0");
            assertThat(guest.outcome()).isEqualTo(new Machine.Outcome("debug-exit", SWAPCOUNT_STATUS, ""));
        }
    }

    @Test
    public void twoMachinesHaveNothingInCommon() throws Exception {
        try (var one = RunningGuest.start(machines, "swapcount", 1, "every=100");
                var other = RunningGuest.start(machines, "hello", 1, "")) {
            other.outcome();
            one.awaitMore("count", 1);

            assertThat(one.machine().vm().vmid()).isNotEqualTo(other.machine().vm().vmid());
            assertThat(one.machine().status()).isEqualTo("running");
            assertThat(one.said("")).noneMatch(line -> line.contains("hello"));
        }
    }
}

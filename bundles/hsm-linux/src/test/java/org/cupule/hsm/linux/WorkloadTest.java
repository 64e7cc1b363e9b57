package org.cupule.hsm.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WorkloadTest {
    private final Workload work = new Workload();

    private Workload hear(String... lines) {
        Stream.of(lines).forEach(work::hear);
        return work;
    }

    /** {@return the right answer of a worker} */
    private static String right(String worker, int number) {
        return "demo %s %d %s".formatted(worker, number, Workload.expected(worker, number));
    }

    @Test
    void knowsTheSumsThatMd5sumWrites() {
        // seq 1 61 | sed s/1/one/g | md5sum; yes 'memory 1' | head -c 100000 | md5sum; seq 1 1001 | md5sum
        assertThat(Workload.expected("process", 1)).isEqualTo("9235c16e0127b0ef3452a38cf7331a3b -");
        assertThat(Workload.expected("memory", 1)).isEqualTo("d30907ac79d3a1e6fcd38d7d22d06c10 -");
        assertThat(Workload.expected("memory", 12)).isEqualTo("6c8132bfffa77db4338fa6126c1de93d -");
        assertThat(Workload.expected("disk", 1))
                .isEqualTo("cecd1e2768000905335aaaf08e7d8aee - cecd1e2768000905335aaaf08e7d8aee -");
    }

    @ParameterizedTest
    @ValueSource(strings = {"disk", "process", "memory", "network", "serial"})
    void rightAnswersInOrderAreCounted(String worker) {
        hear("demo begin", right(worker, 1), right(worker, 2));

        assertThat(work.faults()).isEmpty();
        assertThat(work.account()).contains(worker + " 2");
    }

    @Test
    void aFileIsReadOnceMoreAfterEightOthers() {
        assertThat(Workload.expected("disk", 9)).endsWith(Workload.expected("disk", 1).split(" ")[0] + " -")
                .startsWith(Workload.expected("disk", 9).split(" ")[0]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo process 2 x", "demo process 1 0123 -", "demo process 1", "demo nobody 1 x",
            "demo network 1 1 64", "demo disk", "[ 12.3] BUG: something", "demo interrupts ERR: 3"})
    void anythingElseIsAFault(String line) {
        assertThat(hear("demo begin", line).faults()).hasSize(1);
    }

    @Test
    void aNumberThatComesTwiceIsAFault() {
        assertThat(hear("demo begin", right("serial", 1), right("serial", 1)).faults()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"10.00 10.02, 0", "10.00 10.01, 0", "10.00 10.00, 1", "10.02 10.00, 1", "10.00, 1", "'', 1"})
    void aSleepTakesItsTime(String times, int faults) {
        assertThat(hear("demo begin", "demo timer 1 " + times).faults()).hasSize(faults);
    }

    @Test
    void timeDoesNotGoBackBetweenSleeps() {
        assertThat(hear("demo begin", "demo timer 1 10.00 10.10", "demo timer 2 10.05 10.20").faults()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"<4>[   9.1] anything", "<28>[   9.1] a daemon's warning",
            "<6>[   9.1] watchdog: BUG: soft lockup - CPU#0 stuck",
            "<6>[   9.1] clocksource: timekeeping watchdog: Marking clocksource 'tsc' as unstable",
            "<3>[   9.1] irq 4: nobody cared"})
    void aComplaintOfTheKernelIsAFault(String entry) {
        hear("demo begin", "demo log <5>[   0.0] Linux version", "demo log <14>[   8.0] demo: the work begins");

        assertThat(hear("demo log " + entry).faults()).hasSize(1);
    }

    @Test
    void aTimerThatTookLongIsLeftToWhoKnowsTheHost() {
        hear("demo begin", "demo log <4>[   1.0] hrtimer: interrupt took 9 ns");
        assertThat(work.lateNanos()).isZero();

        hear("demo log <14>[   8.0] demo: the work begins", "demo log <4>[   9.1] hrtimer: interrupt took 2500 ns");
        assertThat(work.lateNanos()).isEqualTo(2500);
        assertThat(work.faults()).isEmpty();
    }

    @Test
    void whatTheKernelSaysAtBootOrForInformationIsNone() {
        assertThat(hear("boot", "demo begin", "demo log <4>[   0.0] a warning of each boot",
                "demo log <14>[   8.0] demo: the work begins", "demo log <6>[   9.0] something new",
                "demo log  its end",
                "demo interrupts MIS:          0", "demo end", "reboot: Power down").faults()).isEmpty();
        assertThat(work.ended()).isTrue();
    }

    @Test
    void aKernelThatIsTaintedLaterIsAFault() {
        assertThat(hear("demo begin", "demo facts taint=0 clock=tsc", "demo facts taint=512 clock=tsc").faults())
                .hasSize(1);
    }

    @Test
    void namesTheWorkersThatDidNothing() {
        assertThat(hear("demo begin", right("disk", 1)).idle()).containsExactly("memory", "network", "process",
                "serial", "timer");
    }
}

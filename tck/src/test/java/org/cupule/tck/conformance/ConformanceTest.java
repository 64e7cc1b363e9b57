package org.cupule.tck.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.cupule.tck.conformance.Reports.End;
import org.junit.jupiter.api.Test;

class ConformanceTest {
    private static final List<Row> ROWS = List.of(new Row("HSM-VM-05", "exact", "second START is refused"),
            new Row("HSM-VM-06", "exact", "PAUSE of paused"), new Row("HSM-VM-07", "exact", "RESET"));

    private static Conformance of(Reports.Test... tests) {
        return new Conformance(ROWS, List.of(tests));
    }

    @Test
    void thereAreTheSpecificationsRows() throws Exception {
        assertThat(Row.all()).hasSize(120).extracting(Row::id).doesNotHaveDuplicates();
        assertThat(Row.all()).extracting(Row::kind).isSubsetOf("exact", "analogue", "rig", "changed on purpose");
    }

    @Test
    void aRowIsHeldByTheTestsThatNameIt() {
        var conformance = of(new Reports.Test("LifeTest", "HSM-VM-05 and HSM-VM-06 hold", End.PASSED));
        assertThat(conformance.page()).contains("| HSM-VM-05 | exact | second START is refused | LifeTest | passed |")
                .contains("| HSM-VM-07 | exact | RESET |  | without a test |");
        assertThat(conformance.summary()).isEqualTo("3 rows: 2 passed, 1 without a test");
    }

    @Test
    void whoSkippedARowThatOthersShowHoldsNothing() {
        var conformance = of(new Reports.Test("A", "HSM-VM-05 holds", End.PASSED),
                new Reports.Test("B", "HSM-VM-05 holds", End.SKIPPED));
        assertThat(conformance.page()).contains("| HSM-VM-05 | exact | second START is refused | A | passed |");
    }

    @Test
    void oneFailureIsEnoughAndASkippedTestHoldsNothing() {
        var conformance = of(new Reports.Test("A", "HSM-VM-05 holds", End.PASSED),
                new Reports.Test("B", "HSM-VM-05 holds", End.FAILED),
                new Reports.Test("B", "HSM-VM-06 holds", End.SKIPPED));
        assertThat(conformance.summary()).isEqualTo("3 rows: 1 FAILED, 1 skipped, 1 without a test");
    }

    @Test
    void anIdThatIsNoRowIsShown() {
        assertThat(of(new Reports.Test("A", "HSM-VM-99 holds", End.PASSED)).page())
                .contains("| HSM-VM-99 | | there is no such row | A | |");
    }
}

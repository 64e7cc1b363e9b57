package org.cupule.hsm.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.hsm.ioreq.IoRequests.Counters;
import org.cupule.swap.SwapReport;
import org.cupule.types.ModelInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SwapFiguresTest {
    private final SwapFigures figures = new SwapFigures();

    private void swaps(int count) {
        var model = new ModelInfo("pit", "i8254", "1.0.0", "");
        for (int micros = count; micros > 0; micros--) {
            figures.made(new SwapReport("vm1.pit", model, model, "pit8254", 1, 1, micros * 1000L, 0));
        }
    }

    @ParameterizedTest
    @CsvSource({"200, 50, 100", "200, 99, 198", "200, 100, 200", "1, 50, 1", "1, 99, 1", "0, 99, 0"})
    void tellsThePausesThatSoManyAreNotLongerThan(int count, int percent, long micros) {
        swaps(count);

        assertThat(figures.micros(percent)).isEqualTo(micros);
    }

    @ParameterizedTest
    @CsvSource({"9, 9, 0, 0, true", "9, 8, 0, 0, false", "9, 9, 1, 0, false", "9, 9, 0, 1, false"})
    void requestsAreWholeWhenEachIsAnsweredOnce(long posted, long completed, long lost, long twice, boolean whole) {
        assertThat(SwapFigures.whole(new Counters(posted, completed, lost, twice, 0))).isEqualTo(whole);
    }

    @Test
    void theTableHasFailuresToo() {
        swaps(2);
        figures.failed("why");

        assertThat(figures.count()).isEqualTo(3);
        assertThat(figures.table(new Counters(5, 5, 0, 0, 0))).contains("2, failed 1", "pit 2", "p50 1 us, p99 2 us",
                "lost 0, served twice 0");
    }
}

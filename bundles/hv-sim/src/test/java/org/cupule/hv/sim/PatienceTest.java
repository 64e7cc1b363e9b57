package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PatienceTest {
    private static final long SECOND = 1_000_000_000;

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - SECOND); // it wraps meanwhile
    private final Patience patience = new Patience(5 * SECOND, clock::get);

    private boolean over(int looks, long betweenNanos) {
        boolean over = false;
        for (int i = 0; i < looks; i++) {
            clock.addAndGet(betweenNanos);
            over = patience.over();
        }
        return over;
    }

    @Test
    void aWaiterThatRunsWaitsAsLongAsTheDeadline() {
        assertThat(over(4999, 1_000_000)).isFalse();
        assertThat(over(1, 1_000_000)).isTrue();
    }

    @Test
    void theTimeInWhichTheWaiterCouldNotRunDoesNotCount() {
        assertThat(over(1, 3600 * SECOND)).isFalse();
        assertThat(over(498, SECOND)).isFalse();
        assertThat(over(1, SECOND)).isTrue();
    }
}

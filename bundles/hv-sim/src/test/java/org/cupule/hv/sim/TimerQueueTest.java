package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.cupule.time.VmTimer;
import org.junit.jupiter.api.Test;

class TimerQueueTest {
    private final List<String> fired = new ArrayList<>();
    private final List<String> nearer = new ArrayList<>();
    private final TimerQueue queue = new TimerQueue(() -> nearer.add("nearer"));

    private VmTimer timer(String name) {
        return queue.timer(() -> fired.add(name));
    }

    @Test
    void firesInTheOrderOfDeadlinesAndThenOfArming() {
        var late = timer("late");
        var early = timer("early");
        var second = timer("second");
        late.arm(30);
        early.arm(10);
        second.arm(10);

        assertThat(queue.fire(9)).isFalse();
        assertThat(queue.fire(30)).isTrue();

        assertThat(fired).containsExactly("early", "second", "late");
        assertThat(queue.next()).isEqualTo(VmTimer.NEVER);
        assertThat(late.deadline()).isEqualTo(VmTimer.NEVER);
    }

    @Test
    void armingAgainReplacesTheDeadline() {
        var timer = timer("once");
        timer.arm(10);
        timer.arm(20);

        assertThat(queue.fire(15)).isFalse();
        assertThat(queue.fire(25)).isTrue();

        assertThat(fired).containsExactly("once");
    }

    @Test
    void aDisarmedTimerDoesNotFire() {
        var timer = timer("never");
        timer.arm(10);
        timer.disarm();

        assertThat(queue.fire(100)).isFalse();
        assertThat(timer.deadline()).isEqualTo(VmTimer.NEVER);
    }

    @Test
    void tellsOnlyOfANearerDeadline() {
        timer("a").arm(10);
        timer("b").arm(20);
        timer("c").arm(5);

        assertThat(nearer).hasSize(2);
        assertThat(queue.next()).isEqualTo(5);
    }

    @Test
    void anActionThatThrowsDoesNotKeepTheOthers() {
        queue.timer(() -> {
            throw new IllegalStateException("planted");
        }).arm(1);
        timer("other").arm(2);

        assertThat(queue.fire(5)).isTrue();

        assertThat(fired).containsExactly("other");
    }

    @Test
    void aTimerThatAlwaysArmsItselfForNowLetsTheCallerGo() {
        var self = new VmTimer[1];
        self[0] = queue.timer(() -> self[0].arm(0));
        self[0].arm(0);

        assertThat(queue.fire(0)).isTrue();

        assertThat(queue.next()).isZero();
    }
}

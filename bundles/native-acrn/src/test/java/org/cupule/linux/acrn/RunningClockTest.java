package org.cupule.linux.acrn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.cupule.time.VmTimer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RunningClockTest {
    private static final int DEADLINE_SECONDS = 60;

    private final AtomicLong host = new AtomicLong(1_000_000);
    private final RunningClock standing = new RunningClock("test-timer", host::get, 77);
    private final RunningClock real = new RunningClock("test-timer", System::nanoTime, 0);
    private final List<String> fired = new CopyOnWriteArrayList<>();

    @AfterEach
    void end() {
        standing.close();
        real.close();
    }

    @Test
    void itStandsAtZeroUntilItRuns() {
        host.addAndGet(500);

        assertThat(standing.nanos()).isZero();
        assertThat(standing.epochSeconds()).isEqualTo(77);
    }

    @Test
    void itFollowsTheHostWhileItRunsAndStandsWhileItIsHeld() {
        standing.run();
        host.addAndGet(500);
        standing.hold();
        host.addAndGet(10_000);
        assertThat(standing.nanos()).isEqualTo(500);

        standing.run();
        host.addAndGet(7);
        assertThat(standing.nanos()).isEqualTo(507);
    }

    @Test
    void timersFireInTheOrderOfTheirDeadlines() throws InterruptedException {
        CountDownLatch last = new CountDownLatch(1);
        real.timer(() -> {
            fired.add("second");
            last.countDown();
        }).arm(2000);
        real.timer(() -> fired.add("first")).arm(1000);

        real.run();

        assertThat(last.await(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(fired).containsExactly("first", "second");
    }

    @Test
    void aTimerThatIsDisarmedDoesNotFire() throws InterruptedException {
        CountDownLatch last = new CountDownLatch(1);
        VmTimer timer = real.timer(() -> fired.add("disarmed"));
        timer.arm(1000);
        timer.disarm();
        real.timer(last::countDown).arm(2000);

        real.run();

        assertThat(last.await(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(fired).isEmpty();
        assertThat(timer.deadline()).isEqualTo(VmTimer.NEVER);
    }

    @Test
    void anActionThatFailsOrDoesNotReturnHoldsUpNoOther() throws InterruptedException {
        CountDownLatch stuck = new CountDownLatch(1);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch last = new CountDownLatch(1);
        Thread[] thread = new Thread[1];
        real.run();
        real.timer(() -> {
            throw new IllegalStateException("on purpose");
        }).arm(1);
        real.timer(() -> {
            thread[0] = Thread.currentThread();
            inside.countDown();
            try {
                stuck.await();
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
        }).arm(2);
        assertThat(inside.await(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();

        real.timer(last::countDown).arm(3);
        real.leaveBehind(thread[0]);

        assertThat(last.await(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        stuck.countDown();
    }

    @Test
    void nothingFiresAfterTheEnd() {
        real.run();
        real.close();

        VmTimer timer = real.timer(() -> fired.add("late"));
        timer.arm(1);

        assertThat(timer.deadline()).isEqualTo(VmTimer.NEVER);
        assertThat(fired).isEmpty();
    }
}

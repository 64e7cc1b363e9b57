package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostClockTest {
    private final AtomicLong host = new AtomicLong(1_000);
    private final HostClock clock = new HostClock("test", host::get, 77);
    private final HostClock real = new HostClock("real", System::nanoTime, 0);

    @AfterEach
    void end() {
        clock.close();
        real.close();
    }

    @Test
    void standsAtZeroUntilItIsReleased() {
        host.addAndGet(500);
        assertThat(clock.nanos()).isZero();
        assertThat(clock.epochSeconds()).isEqualTo(77);

        clock.release(SimClock.NOT_RUNNING);
        host.addAndGet(250);

        assertThat(clock.nanos()).isEqualTo(250);
    }

    @Test
    void goesOnWhenTheLastReasonIsGone() {
        clock.release(SimClock.NOT_RUNNING);
        host.addAndGet(10);
        clock.hold(SimClock.RENDEZVOUS);
        host.addAndGet(1_000);
        clock.hold(SimClock.NOT_RUNNING);
        clock.release(SimClock.RENDEZVOUS);
        host.addAndGet(1_000);
        assertThat(clock.nanos()).isEqualTo(10);

        clock.release(SimClock.NOT_RUNNING);
        host.addAndGet(5);

        assertThat(clock.nanos()).isEqualTo(15);
    }

    @Test
    void aTimerFiresAtOrAfterItsDeadline() {
        var at = new CopyOnWriteArrayList<Long>();
        real.release(SimClock.NOT_RUNNING);
        long deadline = real.nanos() + 2_000_000;

        real.timer(() -> at.add(real.nanos())).arm(deadline);

        Rig.await("timer", () -> !at.isEmpty());
        assertThat(at.getFirst()).isGreaterThanOrEqualTo(deadline);
    }

    @Test
    void aTimerThatIsDueWhileTheClockStandsFiresWhenItGoesOn() {
        var at = new CopyOnWriteArrayList<Boolean>();
        var released = new AtomicBoolean();
        real.timer(() -> at.add(released.get())).arm(0);

        released.set(true);
        real.release(SimClock.NOT_RUNNING);

        Rig.await("timer", () -> !at.isEmpty());
        assertThat(at).containsExactly(true);
    }

    @Test
    void anEarlierTimerOvertakesALaterOne() {
        var order = new CopyOnWriteArrayList<String>();
        real.release(SimClock.NOT_RUNNING);
        real.timer(() -> order.add("late")).arm(real.nanos() + 3_600_000_000_000L);
        real.timer(() -> order.add("early")).arm(real.nanos() + 1_000_000);

        Rig.await("early", () -> !order.isEmpty());
        assertThat(order).containsExactly("early");
    }

    @Test
    void neverDecreasesForReadersThatRaceWithHolders() throws InterruptedException {
        var wrong = new CopyOnWriteArrayList<String>();
        var last = new AtomicLong();
        var done = new AtomicBoolean();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < 2; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                while (!done.get()) {
                    long before = last.get();
                    long now = real.nanos();
                    if (now < before) {
                        wrong.add(before + " then " + now);
                    }
                    last.accumulateAndGet(now, Math::max);
                }
            }));
        }
        for (int i = 0; i < 20_000; i++) {
            real.release(SimClock.NOT_RUNNING);
            real.hold(SimClock.NOT_RUNNING);
        }
        done.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(wrong).isEqualTo(List.of());
    }
}

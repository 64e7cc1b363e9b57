package org.cupule.machine.gate;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class DeviceGateTest {
    private static final long LONG_NANOS = SECONDS.toNanos(60);
    private final DeviceGate gate = new DeviceGate();

    private static void start(Runnable task) {
        Thread.ofPlatform().daemon().start(task);
    }

    private static void awaitTrue(java.util.function.BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void letsOneThreadInAtATimeAndLosesNoCall() throws Exception {
        var plain = new long[1];
        int threads = 4;
        int calls = 20_000;
        var done = IntStream.range(0, threads).mapToObj(i -> CompletableFuture.runAsync(() -> {
            for (int call = 0; call < calls; call++) {
                gate.enter();
                plain[0]++;
                gate.leave();
            }
        }, DeviceGateTest::start)).toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(done).get(120, SECONDS);
        assertThat(plain[0]).isEqualTo((long) threads * calls);
    }

    @Test
    void letsNobodyInWhileItIsClosedAndEverybodyAfterwards() throws Exception {
        assertThat(gate.close(LONG_NANOS)).isTrue();
        var inside = new AtomicInteger();
        var all = new CountDownLatch(3);
        for (int i = 0; i < 3; i++) {
            start(() -> {
                gate.enter();
                inside.incrementAndGet();
                gate.leave();
                all.countDown();
            });
        }
        awaitTrue(() -> gate.arrivals() == 3);
        assertThat(inside).hasValue(0);
        assertThat(gate.tryEnter()).isFalse();
        gate.open();
        assertThat(all.await(60, SECONDS)).isTrue();
        assertThat(inside).hasValue(3);
    }

    @Test
    void closesOnlyWhenTheCallInsideHasEnded() throws Exception {
        var entered = new CountDownLatch(1);
        var mayLeave = new CountDownLatch(1);
        var order = new AtomicLong();
        start(() -> {
            gate.enter();
            entered.countDown();
            awaitQuietly(mayLeave);
            order.compareAndSet(0, 1);
            gate.leave();
        });
        entered.await();
        var closed = CompletableFuture.supplyAsync(() -> {
            boolean result = gate.close(LONG_NANOS);
            order.compareAndSet(0, 2);
            gate.open();
            return result;
        }, DeviceGateTest::start);
        mayLeave.countDown();
        assertThat(closed.get(60, SECONDS)).isTrue();
        assertThat(order).hasValue(1);
    }

    @Test
    void staysOpenWhenClosingMissesItsDeadline() throws Exception {
        var entered = new CountDownLatch(1);
        var mayLeave = new CountDownLatch(1);
        start(() -> {
            gate.enter();
            entered.countDown();
            awaitQuietly(mayLeave);
            gate.leave();
        });
        entered.await();
        assertThat(gate.close(MILLISECONDS.toNanos(5))).isFalse();
        mayLeave.countDown();
        assertThat(gate.enter()).isTrue();
        gate.leave();
    }

    @Test
    void sendsWaitersAwayWhenItIsRetired() throws Exception {
        gate.enter();
        var sentAway = CompletableFuture.supplyAsync(() -> !gate.enter(), DeviceGateTest::start);
        gate.retire();
        assertThat(sentAway.get(60, SECONDS)).isTrue();
        gate.leave();
        assertThat(gate.enter()).isFalse();
        assertThat(gate.tryEnter()).isFalse();
        assertThat(gate.close(MILLISECONDS.toNanos(5))).isFalse();
    }

    @Test
    void refusesAThreadThatIsInside() {
        gate.enter();
        assertThat(gate.held()).isTrue();
        assertThatThrownBy(gate::enter).isInstanceOf(IllegalStateException.class);
        assertThat(gate.tryEnter()).isFalse();
        gate.leave();
        assertThat(gate.held()).isFalse();
    }

    @Test
    void keepsTheInterruptOfAWaiter() throws Exception {
        gate.enter();
        var interrupted = new CompletableFuture<Boolean>();
        Thread waiter = Thread.ofPlatform().daemon().start(() -> {
            Thread.currentThread().interrupt();
            gate.enter();
            gate.leave();
            interrupted.complete(Thread.interrupted());
        });
        awaitTrue(() -> waiter.getState() == Thread.State.TIMED_WAITING);
        gate.leave();
        assertThat(interrupted.get(60, SECONDS)).isTrue();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

package org.cupule.machine.device;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.cupule.device.DeviceSpec;
import org.cupule.machine.fake.Probe;
import org.cupule.state.StateException;
import org.cupule.swap.SwapReport;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class DeviceSwapTest {
    /** A deadline that passes in the middle of a swap, not before the threads that work at it have begun. */
    private static final Duration SOON = Duration.ofSeconds(1);

    private final DeviceBench bench = new DeviceBench();
    private final Probe.Factory one = Probe.Factory.of(1);
    private final Probe.Factory two = Probe.Factory.of(2);

    DeviceSwapTest() {
        bench.plug(one);
    }

    private void assertOneGoesOn() {
        bench.vm.out(0x100, 1, 0);
        assertThat(bench.vm.in(0x101, 1)).isEqualTo(1);
        assertThat(bench.status()).isEqualTo("running");
    }

    private static Errno errno(Throwable failure) {
        return ((HsmException) failure).errno();
    }

    private static void start(Runnable task) {
        Thread.ofPlatform().daemon().start(task);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void carriesTheStateOver() {
        bench.vm.out(0x100, 1, 0);
        bench.vm.out(0x100, 1, 0);
        SwapReport report = bench.swapTo(two);
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(2);
        assertThat(bench.vm.in(0x101, 1)).isEqualTo(2);
        assertThat(report.target()).isEqualTo("vm1.x");
        assertThat(report.from().version()).isEqualTo("1.0.0");
        assertThat(report.to().version()).isEqualTo("2.0.0");
        assertThat(report.stateVersion()).isEqualTo(1);
        assertThat(one.log).containsExactly("close");
    }

    @Test
    void keepsNoInstanceThatWasSwappedOut() {
        bench.swapTo(two);
        bench.swapTo(one);
        bench.swapTo(two);
        List<WeakReference<Probe>> gone = Stream.of(one.made.getFirst(), one.made.getLast(), two.made.getFirst())
                .map(WeakReference::new).toList();
        one.made.clear();
        two.made.clear();

        assertThat(gone).allSatisfy(probe -> assertThat(collected(probe)).isTrue());
    }

    private static boolean collected(WeakReference<?> reference) {
        long end = System.nanoTime() + SECONDS.toNanos(60);
        while (reference.get() != null && System.nanoTime() - end < 0) {
            System.gc();
            LockSupport.parkNanos(1_000_000); // a thread that holds it may have to end first
        }
        return reference.get() == null;
    }

    @Test
    void carriesLinesWithoutAnEdge() {
        one.onWrite = probe -> probe.context().line(0, true);
        bench.vm.out(0x100, 1, 0);
        bench.swapTo(two);
        two.onWrite = probe -> probe.context().line(0, false);
        bench.vm.out(0x100, 1, 0);
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi5+", "gsi5-");
    }

    @Test
    void carriesTheDeadlineOfATimerByItsName() {
        var ticks = new AtomicInteger();
        one.onWrite = probe -> probe.timer().arm(100);
        two.onTimer = probe -> ticks.incrementAndGet();
        bench.vm.out(0x100, 1, 0);
        bench.swapTo(two);
        bench.vm.clock().advance(99);
        assertThat(ticks).hasValue(0);
        bench.vm.clock().advance(1);
        assertThat(ticks).hasValue(1);
        assertThat(bench.vm.clock().armed()).isZero();
    }

    @Test
    void letsTheNewDeviceSeeWhatIsCarriedWhileItIsRestored() {
        var seen = new long[1];
        one.onWrite = probe -> probe.timer().arm(100);
        two.onRestore = probe -> seen[0] = probe.timer().deadline();
        bench.vm.out(0x100, 1, 0);
        bench.swapTo(two);
        assertThat(seen[0]).isEqualTo(100);
    }

    @Test
    void rollsBackWhenTheNewModelCannotBeMade() {
        two.onCreate = probe -> {
            throw new IllegalStateException("no");
        };
        assertThatThrownBy(() -> bench.swapTo(two)).satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.EIO));
        assertOneGoesOn();
    }

    @Test
    void rollsBackWhenTheNewModelDoesNotTakeTheState() {
        one.onWrite = probe -> {
            probe.context().line(0, true);
            probe.timer().arm(100);
        };
        two.onRestore = probe -> {
            probe.context().line(0, false);
            probe.context().line(1, true);
            probe.timer().arm(1);
            throw new StateException("count is too large");
        };
        bench.vm.out(0x100, 1, 0);
        assertThatThrownBy(() -> bench.swapTo(two)).satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.EIO))
                .hasMessageContaining("count is too large").hasMessageContaining("vm1.x");
        assertOneGoesOn();
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi5+");
        assertThat(bench.vm.clock().armed()).isEqualTo(1);
        assertThat(two.log).containsExactly("close");
    }

    @Test
    void rollsBackWhenTheOldModelFailsToSave() {
        one.onSave = probe -> {
            throw new IllegalStateException("broken");
        };
        assertThatThrownBy(() -> bench.swapTo(two)).satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.EIO))
                .hasMessageContaining("broken");
        assertOneGoesOn();
    }

    @Test
    void refusesANewModelThatReachesOutWhileItIsRestored() {
        two.onRestore = probe -> probe.context().dma().write(0x1000, new byte[1], 0, 1);
        assertThatThrownBy(() -> bench.swapTo(two)).satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.EIO));
        assertOneGoesOn();
    }

    @Test
    void refusesBeforeQuiescingWhenTheVersionsDoNotMeet() {
        var odd = new Probe.Factory(3, Set.of(7), Set.of(7), one.spec());
        assertThatThrownBy(() -> bench.swapTo(odd)).satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.EINVAL))
                .hasMessageContaining("'probe'").hasMessageContaining("[1]").hasMessageContaining("[7]")
                .hasMessageContaining("count");
        assertThat(bench.devices.objection("x", DeviceOffer.of(odd, 2))).hasValueSatisfying(
                sentence -> assertThat(sentence).contains("'probe'").contains("[7]"));
        assertThat(bench.devices.objection("x", DeviceOffer.of(two, 2))).isEmpty();
        assertThat(odd.made).isEmpty();
        assertOneGoesOn();
    }

    @Test
    void picksTheHighestVersionThatBothKnow() {
        var rich = new Probe.Factory(3, Set.of(1, 2, 3), Set.of(1, 2, 3), one.spec());
        var middle = new Probe.Factory(4, Set.of(2, 1), Set.of(1, 2), one.spec());
        bench.swapTo(rich);
        assertThat(bench.swapTo(middle).stateVersion()).isEqualTo(2);
    }

    @Test
    void refusesAModelOfAnotherShape() {
        var narrow = new Probe.Factory(3, Set.of(1), Set.of(1), DeviceSpec.of(DeviceSpec.Window.ports("ports", 4, 0)));
        assertThatThrownBy(() -> bench.swapTo(narrow)).satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.EINVAL))
                .hasMessageContaining("ports (4 ports)");
        assertOneGoesOn();
    }

    @Test
    void refusesAnUnknownDevice() {
        assertThatThrownBy(() -> bench.devices.swap("y", DeviceOffer.of(two, 2), Duration.ofSeconds(1)))
                .satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.ENOENT)).hasMessageContaining("x");
    }

    @Test
    void refusesASwapDuringASwap() {
        var inner = new CompletableFuture<Throwable>();
        two.onRestore = probe -> {
            try {
                bench.devices.swap("x", DeviceOffer.of(one, 1), Duration.ofMillis(1));
            } catch (HsmException e) {
                inner.complete(e);
            }
        };
        bench.swapTo(two);
        assertThat(inner.join()).satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.EBUSY));
    }

    @Test
    void givesUpWhenACallDoesNotEndInTime() throws Exception {
        var inside = new CountDownLatch(1);
        var mayEnd = new CountDownLatch(1);
        one.onRead = probe -> {
            inside.countDown();
            awaitQuietly(mayEnd);
        };
        var vcpu = CompletableFuture.supplyAsync(() -> bench.vm.in(0x101, 1), DeviceSwapTest::start);
        inside.await();
        assertThatThrownBy(() -> bench.devices.swap("x", DeviceOffer.of(two, 2), Duration.ofMillis(20)))
                .satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.ETIMEDOUT)).hasMessageContaining("vm1.x");
        mayEnd.countDown();
        assertThat(vcpu.get(60, SECONDS)).isEqualTo(1);
        one.onRead = probe -> {
        };
        assertOneGoesOn();
    }

    @Test
    void leavesANewModelThatNeverEndsItsRestore() throws Exception {
        var never = new CountDownLatch(1);
        var failure = new CompletableFuture<Throwable>();
        var restoring = new CountDownLatch(1);
        two.onRestore = probe -> {
            restoring.countDown();
            awaitQuietly(never);
        };
        start(() -> {
            try {
                bench.devices.swap("x", DeviceOffer.of(two, 2), SOON);
            } catch (HsmException e) {
                failure.complete(e);
            }
        });
        restoring.await();
        assertThat(bench.vm.in(0x101, 1)).isEqualTo(1);
        never.countDown();
        assertThat(failure.get(60, SECONDS)).satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.ETIMEDOUT));
        assertOneGoesOn();
    }

    @Test
    void quarantinesAnOldModelThatNeverEndsItsSave() throws Exception {
        var never = new CountDownLatch(1);
        var saving = new CountDownLatch(1);
        one.onSave = probe -> {
            saving.countDown();
            awaitQuietly(never);
        };
        var swap = CompletableFuture.runAsync(
                () -> bench.devices.swap("x", DeviceOffer.of(two, 2), SOON), DeviceSwapTest::start);
        saving.await();
        assertThat(bench.vm.in(0x101, 1)).isEqualTo(0xFF);
        assertThat(bench.status()).startsWith("quarantined: ");
        never.countDown();
        assertThat(swap).failsWithin(Duration.ofSeconds(60));
    }

    @Test
    void servesARequestThatWaitsAtTheClosedGateOnceByTheNewInstance() throws Exception {
        var restoring = new CountDownLatch(1);
        var mayEnd = new CountDownLatch(1);
        two.onRestore = probe -> {
            restoring.countDown();
            awaitQuietly(mayEnd);
        };
        var swap = CompletableFuture.supplyAsync(() -> bench.swapTo(two), DeviceSwapTest::start);
        restoring.await();
        var entered = new CountDownLatch(1);
        var vcpu = new CompletableFuture<Void>();
        Thread thread = Thread.ofPlatform().daemon().start(() -> {
            entered.countDown();
            bench.vm.out(0x100, 1, 0);
            vcpu.complete(null);
        });
        entered.await();
        while (thread.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        mayEnd.countDown();
        assertThat(swap.get(60, SECONDS).waiting()).isEqualTo(1);
        vcpu.get(60, SECONDS);
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(1);
        assertThat(two.made.getFirst().count()).isEqualTo(1);
    }

    @Test
    void losesAndDoublesNothingUnderLoad() throws Exception {
        var stop = new AtomicBoolean();
        var written = new AtomicInteger();
        var vcpus = new CompletableFuture<?>[2];
        for (int i = 0; i < vcpus.length; i++) {
            vcpus[i] = CompletableFuture.runAsync(() -> {
                while (!stop.get()) {
                    bench.vm.out(0x100, 1, 0);
                    written.incrementAndGet();
                }
            }, DeviceSwapTest::start);
        }
        for (int i = 0; i < 20; i++) {
            bench.swapTo(i % 2 == 0 ? two : one);
        }
        stop.set(true);
        CompletableFuture.allOf(vcpus).get(60, SECONDS);
        assertThat(bench.vm.in(0x100, 4)).isEqualTo(written.get());
        assertThat(one.deepest).hasValue(1);
        assertThat(two.deepest).hasValue(1);
    }

    @Test
    void doesNotWaitForANewModelThatIsNeverMade() {
        var never = new CountDownLatch(1);
        two.onCreate = probe -> awaitQuietly(never);
        assertThatThrownBy(() -> bench.devices.swap("x", DeviceOffer.of(two, 2), Duration.ofMillis(100)))
                .satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.ETIMEDOUT));
        never.countDown();
        assertOneGoesOn();
    }

    @Test
    void doesNotWaitForARestoreThatNeverReturns() {
        var never = new CountDownLatch(1);
        two.onRestore = probe -> awaitQuietly(never);
        assertThatThrownBy(() -> bench.devices.swap("x", DeviceOffer.of(two, 2), Duration.ofMillis(100)))
                .satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.ETIMEDOUT));
        assertOneGoesOn();
        never.countDown();
    }
}

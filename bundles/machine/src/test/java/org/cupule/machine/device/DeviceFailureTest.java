package org.cupule.machine.device;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.fake.Probe;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class DeviceFailureTest {
    private final DeviceBench bench = new DeviceBench();
    private final Probe.Factory factory = Probe.Factory.of(1);

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

    private void awaitStatus(String wanted) {
        while (!bench.status().startsWith(wanted)) {
            Thread.onSpinWait();
        }
    }

    private void fail() {
        factory.onRead = probe -> {
            throw new IllegalStateException("broken");
        };
    }

    @Test
    void answersAllOnesForADeviceThatThrowsAndCountsIt() {
        bench.plug(factory);
        fail();
        assertThat(bench.vm.in(0x100, 2)).isEqualTo(0xFFFF);
        assertThat(bench.vm.read(0x9000_0000L, 8)).isEqualTo(-1L);
        assertThat(bench.devices.list().getFirst().failures()).isEqualTo(2);
        assertThat(bench.status()).isEqualTo("running");
    }

    @Test
    void forgivesFailuresThatAreNotInARow() {
        bench.plug(factory);
        for (int i = 0; i < 5; i++) {
            fail();
            bench.vm.in(0x100, 1);
            bench.vm.in(0x100, 1);
            factory.onRead = probe -> {
            };
            bench.vm.in(0x100, 1);
        }
        assertThat(bench.status()).isEqualTo("running");
    }

    @Test
    void survivesWhateverADeviceThrows() {
        bench.plug(factory);
        factory.onRead = probe -> {
            throw new StackOverflowError();
        };
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(0xFF);
        factory.onRead = probe -> {
            throw new NoClassDefFoundError("gone");
        };
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(0xFF);
    }

    @Test
    void quarantinesAfterFailuresInARow() {
        bench.plug(factory);
        factory.onWrite = probe -> {
            probe.context().line(0, true);
            probe.timer().arm(5);
        };
        bench.vm.out(0x100, 1, 0);
        fail();
        for (int i = 0; i < 3; i++) {
            bench.vm.in(0x100, 1);
        }
        assertThat(bench.status()).startsWith("quarantined: 3 calls in a row failed").contains("broken at "
                + DeviceFailureTest.class.getName());
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi5+", "gsi5-");
        assertThat(bench.vm.clock().armed()).isZero();
        assertThat(bench.vm.in(0x101, 1)).isEqualTo(0xFF);
        var context = factory.made.getFirst().context();
        assertThatThrownBy(() -> context.line(0, true)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> context.machine().powerOff()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aSwapHealsAQuarantinedDeviceWithItsState() {
        bench.plug(factory);
        bench.vm.out(0x100, 1, 0);
        fail();
        for (int i = 0; i < 3; i++) {
            bench.vm.in(0x100, 1);
        }
        bench.swapTo(Probe.Factory.of(2));
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(1);
        assertThat(bench.status()).isEqualTo("running");
    }

    @Test
    void aResetMakesAQuarantinedDeviceAnew() {
        bench.plug(factory);
        fail();
        for (int i = 0; i < 3; i++) {
            bench.vm.in(0x100, 1);
        }
        factory.onRead = probe -> {
        };
        bench.devices.reset();
        assertThat(bench.vm.in(0x101, 1)).isEqualTo(1);
    }

    @Test
    void aTimerThatFailsCountsToo() {
        bench.plug(factory);
        factory.onWrite = probe -> probe.timer().arm(0);
        factory.onTimer = probe -> {
            throw new IllegalStateException("late");
        };
        bench.vm.out(0x100, 1, 0);
        bench.vm.clock().advance(1);
        assertThat(bench.devices.list().getFirst().failures()).isEqualTo(1);
    }

    @Test
    void refusesAContextCallFromAnotherThread() throws Exception {
        bench.plug(factory);
        var context = factory.made.getFirst().context();
        assertThatThrownBy(() -> context.line(0, true)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> context.dma().read(0, new byte[1], 0, 1)).isInstanceOf(IllegalStateException.class);
        assertThat(bench.vm.interrupts().told()).isEmpty();
    }

    @Test
    void refusesADmaOutsideOfItsArray() {
        bench.plug(factory);
        factory.onRead = probe -> probe.context().dma().read(0x1000, new byte[4], 2, 3);
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(0xFF);
        assertThat(bench.devices.list().getFirst().failures()).isEqualTo(1);
    }

    @Test
    void tellsADeviceThatItsDmaMissedTheRam() {
        bench.plug(factory);
        var moved = new AtomicInteger(-1);
        factory.onRead = probe -> moved.set(probe.context().dma().write(0xA_0000, new byte[4], 0, 4) ? 1 : 0);
        bench.vm.in(0x100, 1);
        assertThat(moved).hasValue(0);
    }

    @Test
    void aDeviceThatAsksForThousandsOfThingsKeepsItsLastLevels() {
        bench.plug(factory);
        factory.onWrite = probe -> {
            for (int i = 0; i < 10_001; i++) {
                probe.context().line(0, i % 2 == 0);
                probe.context().line(1, i % 2 == 1);
            }
        };
        bench.vm.out(0x100, 1, 0);
        assertThat(bench.vm.interrupts().told().stream().filter(told -> told.startsWith("gsi5")).toList().getLast())
                .isEqualTo("gsi5+");
        assertThat(bench.vm.interrupts().told().getLast()).startsWith("gsi");
        assertThat(bench.vm.interrupts().told()).hasSizeLessThan(200);
    }

    @Test
    void unplugMakesTheDeviceFloat() {
        bench.plug(factory);
        factory.onWrite = probe -> probe.context().line(0, true);
        bench.vm.out(0x100, 1, 0);
        bench.devices.unplug("x");
        assertThat(bench.vm.in(0x101, 1)).isEqualTo(0xFF);
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi5+", "gsi5-");
        assertThat(bench.devices.list()).isEmpty();
        assertThat(factory.log).containsExactly("close");
        assertThat(bench.vm.ioRequests().clients()).isEmpty();
    }

    @Test
    void unplugsADeviceThatSomebodyIsStuckIn() throws Exception {
        bench.policy = DeviceBench.HASTY;
        bench.plug(factory);
        var inside = new CountDownLatch(1);
        var mayEnd = new CountDownLatch(1);
        var harm = new CompletableFuture<Throwable>();
        factory.onRead = probe -> {
            inside.countDown();
            awaitQuietly(mayEnd);
            try {
                probe.context().line(0, true);
            } catch (IllegalStateException e) {
                harm.complete(e);
            }
        };
        var vcpu = CompletableFuture.supplyAsync(() -> bench.vm.in(0x101, 1), DeviceFailureTest::start);
        inside.await();
        var waiter = CompletableFuture.supplyAsync(() -> bench.vm.in(0x101, 1), DeviceFailureTest::start);
        bench.devices.unplug("x");
        assertThat(waiter.get(60, SECONDS)).isEqualTo(0xFF);
        mayEnd.countDown();
        vcpu.get(60, SECONDS);
        assertThat(harm.get(60, SECONDS)).hasMessageContaining("unplugged");
        assertThat(bench.vm.interrupts().told()).isEmpty();
    }

    @Test
    void resetsLinesAndTimersBeforeTheDevice() {
        bench.plug(factory);
        factory.onWrite = probe -> {
            probe.context().line(0, true);
            probe.timer().arm(100);
        };
        bench.vm.out(0x100, 1, 0);
        bench.devices.reset();
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi5+", "gsi5-");
        assertThat(bench.vm.clock().armed()).isZero();
        assertThat(bench.vm.in(0x100, 1)).isZero();
    }

    @Test
    void keepsALineHighWhileOneOfItsDevicesDoes() {
        var other = Probe.Factory.of(2);
        bench.plug(factory).plug(other, new DeviceDescription("probe", "y", "",
                Map.of("ports", 0x200L, "memory", 0x9100_0000L), Map.of("a", 5, "b", 7), "", Map.of(), ""));
        factory.onWrite = probe -> probe.context().line(0, probe.count() == 1);
        other.onWrite = probe -> probe.context().line(0, probe.count() == 1);
        bench.vm.out(0x100, 1, 0);
        bench.vm.out(0x200, 1, 0);
        bench.vm.out(0x100, 1, 0);
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi5+");
        bench.vm.out(0x200, 1, 0);
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi5+", "gsi5-");
    }

    @Test
    void parksWhenThePlugInGoesAwayFloatsAfterTheGraceAndComesBack() {
        bench.plug(factory);
        bench.vm.out(0x100, 1, 0);
        bench.devices.park(factory);
        assertThat(bench.status()).startsWith("parked: the plug-in of probe@1.0.0 went away");
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(0xFF);
        bench.devices.comeBack(new Catalogue(java.util.List.of(DeviceOffer.of(Probe.Factory.of(2), 9))));
        awaitStatus("running");
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(1);
        assertThat(bench.vm.in(0x101, 1)).isEqualTo(2);
        assertThat(bench.devices.list().getFirst().bundle()).isEqualTo(9);
    }

    @Test
    void aRequestWaitsForAParkedDeviceDuringTheGrace() throws Exception {
        bench.policy = new Policy(3, Duration.ofSeconds(20), Duration.ofSeconds(30), Duration.ofSeconds(30));
        bench.plug(factory);
        bench.vm.out(0x100, 1, 0);
        bench.devices.park(factory);
        var vcpu = CompletableFuture.supplyAsync(() -> bench.vm.in(0x100, 1), DeviceFailureTest::start);
        bench.devices.comeBack(new Catalogue(java.util.List.of(DeviceOffer.of(Probe.Factory.of(2), 9))));
        assertThat(vcpu.get(60, SECONDS)).isEqualTo(1);
    }

    @Test
    void aDeviceThatWasResetWhileItWasParkedComesBackReset() {
        bench.plug(factory);
        bench.vm.out(0x100, 1, 0);
        bench.devices.park(factory);
        bench.devices.reset();
        bench.devices.comeBack(new Catalogue(java.util.List.of(DeviceOffer.of(Probe.Factory.of(2), 9))));
        awaitStatus("running");
        assertThat(bench.vm.in(0x100, 1)).isZero();
    }

    @Test
    void parkDoesNotWaitForEverForADeviceThatNeverSaves() {
        bench.policy = DeviceBench.HASTY;
        bench.plug(factory);
        var never = new CountDownLatch(1);
        factory.onSave = probe -> awaitQuietly(never);
        bench.devices.park(factory);
        assertThat(bench.status()).startsWith("quarantined: ");
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(0xFF);
        never.countDown();
    }

    @Test
    void aCallThatDoesNotReturnIsGivenUpWhenAllLooksHaveSeenIt() throws Exception {
        bench.plug(factory);
        var inside = new CountDownLatch(1);
        var mayEnd = new CountDownLatch(1);
        factory.onRead = probe -> {
            inside.countDown();
            awaitQuietly(mayEnd);
        };
        var vcpu = CompletableFuture.supplyAsync(() -> bench.vm.in(0x101, 1), DeviceFailureTest::start);
        inside.await();
        for (int look = 0; look < 3; look++) {
            bench.devices.look(3);
            assertThat(bench.status()).isEqualTo("running");
        }
        bench.devices.look(3);
        assertThat(bench.status()).startsWith("quarantined: a call into it has not returned");
        assertThat(bench.vm.ioRequests().abandoned()).containsExactly("x");
        assertThat(bench.vm.leftBehind()).hasSize(1);
        assertThat(bench.vm.in(0x101, 1)).isEqualTo(0xFF);
        mayEnd.countDown();
        vcpu.get(60, SECONDS);
        assertThat(bench.status()).startsWith("quarantined");
    }

    @Test
    void callsThatReturnAreNotGivenUpHoweverManyLooks() {
        bench.plug(factory);
        factory.onRead = probe -> bench.devices.look(1);
        for (int i = 0; i < 10; i++) {
            bench.vm.in(0x101, 1);
        }
        assertThat(bench.status()).isEqualTo("running");
    }

    @Test
    void aResetThatNeverReturnsKeepsNobody() {
        bench.policy = DeviceBench.HASTY;
        bench.plug(factory);
        var never = new CountDownLatch(1);
        factory.onReset = probe -> awaitQuietly(never);
        bench.devices.reset();
        assertThat(bench.status()).isEqualTo("quarantined: it did not end its reset (thread vm1-x-reset)");
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(0xFF);
        never.countDown();
    }

    @Test
    void aCloseThatNeverReturnsKeepsNobody() {
        bench.policy = DeviceBench.HASTY;
        bench.plug(factory);
        var never = new CountDownLatch(1);
        factory.onClose = probe -> awaitQuietly(never);
        bench.devices.unplug("x");
        assertThat(bench.devices.list()).isEmpty();
        never.countDown();
    }

    @Test
    void aDeviceThatIsNeverMadeIsRefusedInTime() {
        bench.policy = DeviceBench.HASTY;
        var never = new CountDownLatch(1);
        factory.onCreate = probe -> awaitQuietly(never);
        assertThatThrownBy(() -> bench.plug(factory)).isInstanceOf(HsmException.class)
                .hasMessageContaining("has not made device 'x' within 200 ms");
        assertThat(bench.devices.list()).isEmpty();
        assertThat(bench.vm.ioRequests().clients()).isEmpty();
        never.countDown();
    }

    @Test
    void aDeviceThatCannotBeMadeLeavesNothingBehind() {
        factory.onCreate = probe -> {
            throw new IllegalStateException("no");
        };
        assertThatThrownBy(() -> bench.plug(factory)).isInstanceOf(HsmException.class).hasMessageContaining("no");
        assertThat(bench.devices.list()).isEmpty();
        assertThat(bench.vm.ioRequests().clients()).isEmpty();
    }

    @Test
    void inputThatComesWhileTheDeviceIsBusyIsNotLost() throws Exception {
        bench.plug(factory);
        var inputs = new AtomicInteger();
        var inside = new CountDownLatch(1);
        var mayEnd = new CountDownLatch(1);
        factory.onCreate = probe -> {
        };
        factory.onRead = probe -> {
            probe.context().stream().onInput(inputs::incrementAndGet);
            probe.context().stream().read();
            inside.countDown();
            awaitQuietly(mayEnd);
        };
        var vcpu = CompletableFuture.supplyAsync(() -> bench.vm.in(0x101, 1), DeviceFailureTest::start);
        inside.await();
        bench.console.send(new byte[]{1}, 0, 1);
        assertThat(inputs).hasValue(0);
        mayEnd.countDown();
        vcpu.get(60, SECONDS);
        while (inputs.get() == 0) {
            Thread.onSpinWait();
        }
        assertThat(factory.deepest).hasValue(1);
    }
}

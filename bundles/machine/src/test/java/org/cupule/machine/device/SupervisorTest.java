package org.cupule.machine.device;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.cupule.machine.fake.Probe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a device that fails: counted, saved, quarantined, and told to who can help. */
@Timeout(180)
class SupervisorTest {
    private final DeviceBench bench = new DeviceBench();
    private final Probe.Factory factory = Probe.Factory.of(1);
    private final BlockingQueue<String> quarantined = new LinkedBlockingQueue<>();
    private final StuckThreads stuck = new StuckThreads();
    private final CountDownLatch hanging = new CountDownLatch(1);
    private final CountDownLatch never = new CountDownLatch(1);

    SupervisorTest() {
        bench.onQuarantine = quarantined::add;
        bench.onLeftBehind = stuck::add;
    }

    @AfterEach
    void letGo() {
        never.countDown();
    }

    private void hang(Probe probe) {
        assertThat(probe).isNotNull();
        awaitForEver();
    }

    private void awaitForEver() {
        hanging.countDown();
        try {
            never.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void failThrice() {
        factory.onRead = probe -> {
            throw new IllegalStateException("broken");
        };
        for (int i = 0; i < 3; i++) {
            bench.vm.in(0x100, 1);
        }
    }

    private CompletableFuture<Long> readAside() {
        return CompletableFuture.supplyAsync(() -> (long) bench.vm.in(0x101, 1), task -> Thread.ofPlatform().daemon()
                .start(task));
    }

    /** Lets the watch look until it has seen enough. */
    private void lookUntilGivenUp() {
        while (bench.status().equals("running")) {
            bench.devices.look(3);
        }
    }

    @Test
    void anAnswerWiderThanTheAccessCountsAndItsLowBytesReachTheGuest() {
        bench.plug(factory);
        factory.answer = (offset, value) -> 0x1234;
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(0x34);
        assertThat(bench.devices.list().getFirst().failures()).isEqualTo(1);
    }

    @Test
    void aSignIsNoNonsense() {
        bench.plug(factory);
        factory.answer = (offset, value) -> -2;
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(0xFE);
        assertThat(bench.vm.in(0x100, 2)).isEqualTo(0xFFFE);
        assertThat(bench.vm.read(0x9000_0000L, 8)).isEqualTo(-2L);
        assertThat(bench.devices.list().getFirst().failures()).isZero();
    }

    @Test
    void nonsenseInARowEndsInQuarantine() {
        bench.plug(factory);
        factory.answer = (offset, value) -> 0x1_0000_0000L;
        for (int i = 0; i < 3; i++) {
            bench.vm.read(0x9000_0000L, 4);
        }
        assertThat(bench.status()).startsWith("quarantined: 3 calls in a row failed").contains("0x100000000");
    }

    @Test
    void theStateIsSavedWhenADeviceIsQuarantinedAndTheOwnerIsTold() throws Exception {
        bench.plug(factory);
        bench.vm.out(0x100, 1, 0);
        failThrice();
        factory.onSave = probe -> {
            throw new IllegalStateException("too late");
        };
        assertThat(quarantined.poll(60, SECONDS)).isEqualTo("vm1.x");
        bench.swapTo(Probe.Factory.of(2));
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(1);
    }

    @Test
    void linesAndTimersAreCarriedOutOfTheQuarantine() {
        bench.plug(factory);
        factory.onWrite = probe -> {
            probe.context().line(0, true);
            probe.timer().arm(1000);
        };
        bench.vm.out(0x100, 1, 0);
        failThrice();
        assertThat(bench.vm.interrupts().told()).containsExactly("gsi5+", "gsi5-");
        assertThat(bench.vm.clock().armed()).isZero();

        bench.swapTo(Probe.Factory.of(2));

        assertThat(bench.vm.interrupts().told()).containsExactly("gsi5+", "gsi5-", "gsi5+");
        assertThat(bench.vm.clock().armed()).isEqualTo(1);
    }

    @Test
    void aDeviceWhoseSaveFailsTooIsQuarantinedWithoutState() {
        bench.plug(factory);
        factory.onSave = probe -> {
            throw new IllegalStateException("nor that");
        };
        failThrice();
        assertThat(bench.status()).endsWith("its state could not be saved");
    }

    @Test
    void aSaveThatNeverReturnsIsGivenUpLikeAnyCall() throws Exception {
        bench.plug(factory);
        factory.onSave = this::hang;
        var vcpu = CompletableFuture.runAsync(this::failThrice, task -> Thread.ofPlatform().daemon().start(task));
        while (factory.inside() == 0) {
            Thread.onSpinWait();
        }
        lookUntilGivenUp();
        assertThat(bench.status()).startsWith("quarantined: a call into it has not returned");
        never.countDown();
        vcpu.get(60, SECONDS);
        assertThat(bench.status()).startsWith("quarantined: a call into it has not returned");
    }

    @Test
    void theStateOfADeviceThatIsStuckInACallIsSavedByAnotherThread() throws Exception {
        bench.plug(factory);
        bench.vm.out(0x100, 1, 0);
        factory.onRead = this::hang;
        readAside();
        while (factory.inside() == 0) {
            Thread.onSpinWait();
        }
        lookUntilGivenUp();
        assertThat(quarantined.poll(60, SECONDS)).isEqualTo("vm1.x");
        bench.swapTo(Probe.Factory.of(2));
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(1);
        assertThat(bench.devices.list().getFirst().failures()).isEqualTo(1);
    }

    @Test
    void theThreadThatIsStuckIsNamedUntilItComesBack() throws Exception {
        bench.plug(factory);
        factory.onRead = this::hang;
        var vcpu = readAside();
        hanging.await();
        lookUntilGivenUp();
        assertThat(stuck.list()).singleElement().satisfies(thread -> {
            assertThat(thread.where()).isEqualTo("vm1.x, a call");
            assertThat(String.join(" ", thread.stack())).contains("await");
        });
        never.countDown();
        vcpu.get(60, SECONDS);
        while (!stuck.list().isEmpty()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void whatAFailedModelSavedWaitsForAnotherOneWhenItsPlugInGoes() {
        bench.plug(factory);
        bench.vm.out(0x100, 1, 0);
        failThrice();
        bench.devices.park(factory);
        assertThat(bench.status()).startsWith("parked: the plug-in of probe@1.0.0 failed, and went away");
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(0xFF);
        bench.devices.comeBack(new Catalogue(List.of(DeviceOffer.of(Probe.Factory.of(2), 9))));
        while (!bench.status().equals("running")) {
            Thread.onSpinWait();
        }
        assertThat(bench.vm.in(0x100, 1)).isEqualTo(1);
    }

    @Test
    void aQuestionThatIsNeverAnsweredIsGivenUpAndNamed() {
        assertThat(stuck.<String>ask("offer of bundle 7", Duration.ofMillis(50), () -> {
            awaitForEver();
            return "late";
        })).isNull();
        assertThat(stuck.list()).extracting(thread -> thread.where()).containsExactly("offer of bundle 7");
    }

    @Test
    void anExceptionThatThrowsWhenItIsAskedIsToldByItsClass() {
        var hostile = new IllegalStateException() {
            private static final long serialVersionUID = 1;

            @Override
            public String toString() {
                throw new UnsupportedOperationException("asked");
            }
        };

        assertThat(Supervisor.told(hostile)).isEqualTo(hostile.getClass().getName());
    }
}

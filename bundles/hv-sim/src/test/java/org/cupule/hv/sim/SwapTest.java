package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.cupule.hv.sim.FakeCpu.*;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.cupule.abi.IoRequestPage;
import org.cupule.hardware.Ept;
import org.cupule.hardware.EptFactory;
import org.cupule.hw.ept.FourLevelEptFactory;
import org.cupule.hw.ept.interval.IntervalEptFactory;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Region;
import org.cupule.state.StateSchema;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable.Target;
import org.cupule.time.VmTimer;
import org.cupule.types.Errno;
import org.cupule.types.ModelInfo;
import org.junit.jupiter.api.Test;

class SwapTest {
    private static final List<Op> WORK = List.of(in(0x60, 1), back(1));
    private static final Map<String, Long> LATER = Map.of("service.bundleid", 21L);

    private static Rig rig(List<Op> script) {
        var rig = Rig.of(script);
        rig.hypervisor.bindEpt(new IntervalEptFactory(), LATER);
        return rig;
    }

    private static SwapReport swap(Rig rig, String target, String model) {
        return rig.hypervisor.swap(target, -1, model, Rig.DEADLINE);
    }

    @Test
    void namesItsTargetsInAStableOrder() {
        try (var rig = Rig.of(WORK, WORK)) {
            assertThat(rig.hypervisor.targets()).extracting(Target::name).containsExactly("vm1.ept", "vm1.ioapic",
                    "vm1.pic", "vm1.cpu0", "vm1.lapic0", "vm1.cpu1", "vm1.lapic1");
            assertThat(rig.hypervisor.targets()).extracting(Target::bundle).startsWith(12L, 14L, 15L, 11L, 13L);
            assertThat(rig.hypervisor.targets()).extracting(Target::status).containsOnly("running");
        }
    }

    @Test
    void offersWhatIsThere() {
        try (var rig = rig(WORK)) {
            assertThat(rig.hypervisor.offers()).extracting(offer -> offer.model().kind() + " " + offer.bundle())
                    .contains("cpu 11", "ept 12", "ept 21", "lapic 13");
        }
    }

    @Test
    void movesTheEptThereAndBackWhileTheGuestRuns() {
        try (var rig = rig(WORK).started()) {
            var before = rig.vm.describe().stream().filter(line -> line.startsWith("memory")).toList();
            SwapReport report = swap(rig, "vm1.ept", "interval");
            assertThat(report.from().name()).isEqualTo("four-level");
            assertThat(report.to().name()).isEqualTo("interval");
            assertThat(report.stateKind()).isEqualTo("ept");
            assertThat(report.pauseNanos()).isPositive();
            assertThat(rig.vm.describe()).containsAll(before).anyMatch(line -> line.startsWith("ept is ept/interval"));
            int requests = rig.requests.size();
            Rig.await("goes on", () -> rig.requests.size() > requests + 1);
            assertThat(rig.cpu(0).events).contains("flush");
            assertThat(swap(rig, "vm1.ept", "four-level").to().name()).isEqualTo("four-level");
        }
    }

    @Test
    void movesEachKindOfHardwareUnderLoad() {
        try (var rig = rig(WORK).started()) {
            for (int round = 0; round < 20; round++) {
                for (var target : List.of("vm1.cpu0 script", "vm1.lapic0 few-parts", "vm1.ioapic recorder",
                        "vm1.pic recorder", round % 2 == 0 ? "vm1.ept interval" : "vm1.ept four-level")) {
                    swap(rig, target.split(" ")[0], target.split(" ")[1]);
                }
            }
            int requests = rig.requests.size();
            Rig.await("goes on", () -> rig.requests.size() > requests);
            long answered = rig.cpus.made().stream().mapToLong(cpu -> cpu.answers.size()).sum();
            rig.vm.pause();
            assertThat(rig.cpus.made()).hasSize(21);
            assertThat(rig.cpus.made().stream().mapToLong(cpu -> cpu.answers.size()).sum())
                    .isEqualTo(rig.requests.size()).isGreaterThanOrEqualTo(answered);
        }
    }

    @Test
    void aRequestInFlightIsAnsweredToTheNewCpuOnce() {
        try (var rig = rig(List.of(in(0x60, 1), hlt()))) {
            rig.answer = null;
            rig.started();
            Rig.await("request", () -> rig.page.state(0) == IoRequestPage.PROCESSING);
            assertThat(swap(rig, "vm1.cpu0", "script").waiting()).isEqualTo(1);
            rig.complete(0, 7);
            Rig.await("answer", () -> rig.cpu(1).answers.equals(List.of(7L)));
            assertThat(rig.cpu(0).answers).isEmpty();
            assertThat(rig.requests).hasSize(1);
        }
    }

    @Test
    void aPausedPartitionStaysPaused() {
        try (var rig = rig(WORK).started()) {
            rig.vm.pause();
            swap(rig, "vm1.cpu0", "script");
            assertThat(rig.vm.state()).isEqualTo(State.PAUSED);
            rig.vm.resume();
            Rig.await("runs", () -> !rig.cpu(1).answers.isEmpty());
        }
    }

    @Test
    void refusesWhatIsNotThere() {
        try (var rig = rig(WORK)) {
            for (var target : List.of("vm1.fpu", "vm9.ept", "ept", "vm1.", "")) {
                LifecycleTest.refuses(Errno.ENOENT, () -> swap(rig, target, "interval"));
            }
            LifecycleTest.refuses(Errno.ENOENT, () -> swap(rig, "vm1.ept", "five-level"));
            LifecycleTest.refuses(Errno.ENOENT,
                    () -> rig.hypervisor.swap("vm1.ept", 99, "interval", Rig.DEADLINE));
        }
    }

    /** An EPT factory like the four-level one, but for its name and one thing that is wrong. */
    private record Bad(String name, StateSchema schema, java.util.function.Supplier<Ept> maker) implements EptFactory {
        @Override
        public ModelInfo info() {
            return new ModelInfo("ept", name, "9.0.0", "for tests");
        }

        @Override
        public Ept create() {
            return maker.get();
        }
    }

    @Test
    void refusesAStateThatTheOtherCannotRead() {
        try (var rig = rig(WORK).started()) {
            rig.hypervisor.bindEpt(
                    new Bad("other", StateSchema.first("ept-of-mine"), new FourLevelEptFactory()::create),
                    LATER);
            assertThatThrownBy(() -> swap(rig, "vm1.ept", "other")).hasMessageContaining("EINVAL")
                    .hasMessageContaining("'ept'").hasMessageContaining("'ept-of-mine'");
            assertThat(rig.hypervisor.objection("vm1.ept", -1, "other")).hasValueSatisfying(
                    sentence -> assertThat(sentence).contains("'ept'").contains("'ept-of-mine'"));
            assertThat(rig.hypervisor.objection("vm1.ept", -1, "interval")).isEmpty();
            goesOn(rig);
        }
    }

    @Test
    void rollsBackWhenTheNewModelCannotBeMade() {
        try (var rig = rig(WORK).started()) {
            rig.hypervisor.bindEpt(new Bad("unmakable", StateSchema.first("ept"), () -> {
                throw new IllegalStateException("planted in create");
            }), LATER);
            assertThatThrownBy(() -> swap(rig, "vm1.ept", "unmakable")).hasMessageContaining("EIO")
                    .hasMessageContaining("planted in create");
            goesOn(rig);
        }
    }

    @Test
    void rollsBackWhenTheNewModelFailsInRestore() {
        try (var rig = rig(WORK).started()) {
            rig.hypervisor.bindEpt(new Bad("unrestorable", StateSchema.first("ept"), () -> BrokenEpt.of(state -> {
                throw new IllegalStateException("planted in restore");
            })), LATER);
            assertThatThrownBy(() -> swap(rig, "vm1.ept", "unrestorable")).hasMessageContaining("EIO")
                    .hasMessageContaining("planted in restore").hasMessageContaining("which goes on");
            goesOn(rig);
        }
    }

    @Test
    void rollsBackWhenTheNewModelForgetsSomething() {
        try (var rig = rig(WORK).started()) {
            rig.hypervisor.bindEpt(new Bad("forgetful", StateSchema.first("ept"), () -> BrokenEpt.of(state -> {
            })), LATER);
            assertThatThrownBy(() -> swap(rig, "vm1.ept", "forgetful")).hasMessageContaining("EIO")
                    .hasMessageContaining("1 runs of mappings were saved, 0 other");
            goesOn(rig);
        }
    }

    private static void goesOn(Rig rig) {
        assertThat(rig.hypervisor.targets().getFirst().model().name()).isEqualTo("four-level");
        int requests = rig.requests.size();
        Rig.await("goes on", () -> rig.requests.size() > requests);
    }

    @Test
    void givesUpAtTheDeadlineAndNamesWhoDidNotArrive() {
        var hold = new CountDownLatch(1);
        try (var rig = rig(List.of(in(0x3F8, 1), hlt()))) {
            rig.inUpcall = () -> Latch.await(hold);
            rig.started();
            Rig.await("request", () -> !rig.requests.isEmpty());
            assertThatThrownBy(() -> rig.hypervisor.swap("vm1.ept", -1, "interval", Duration.ofMillis(20)))
                    .hasMessageContaining("ETIMEDOUT").hasMessageContaining("vcpu0 in request read port 0x3f8");
            hold.countDown();
            Rig.await("goes on", () -> !rig.cpu(0).answers.isEmpty());
            assertThat(rig.hypervisor.targets().getFirst().model().name()).isEqualTo("four-level");
        }
    }

    @Test
    void aSecondSwapOfTheSameTargetIsBusy() {
        var hold = new CountDownLatch(1);
        var inside = new CountDownLatch(1);
        try (var rig = rig(WORK).started()) {
            rig.hypervisor.bindEpt(new Bad("slow", StateSchema.first("ept"), () -> BrokenEpt.of(state -> {
                inside.countDown();
                Latch.await(hold);
                throw new IllegalStateException("slow enough");
            })), LATER);
            var first = Thread.ofPlatform().start(() -> LifecycleTest.refuses(Errno.EIO,
                    () -> swap(rig, "vm1.ept", "slow")));
            Latch.await(inside);
            LifecycleTest.refuses(Errno.EBUSY, () -> swap(rig, "vm1.ept", "interval"));
            hold.countDown();
            Rig.await("first ends", () -> !first.isAlive());
            assertThat(swap(rig, "vm1.ept", "interval").to().name()).isEqualTo("interval");
        }
    }

    @Test
    void theTimerOfALocalApicGoesOnOverASwapAndARolledBackOneHasNoEffect() {
        try (var rig = rig(List.of(cli(), store(0xFEE0_0380L, 4, 300_000_000), in(0x60, 1), stiHlt(), in(0x61, 1),
                hlt()))) {
            rig.answer = null;
            rig.started();
            Rig.await("request", () -> rig.page.state(0) == IoRequestPage.PROCESSING);
            swap(rig, "vm1.lapic0", "few-parts");
            rig.lapic(0).context.timerAt(VmTimer.NEVER);
            rig.answer = address -> 0;
            rig.complete(0, 0);
            Rig.await("woken by the timer", () -> rig.requests.size() == 2);
            assertThat(rig.lapic(1).events).contains("timer");
        }
    }

    @Test
    void aFactoryThatGoesParksAndOneThatComesLetsTheGuestGoOn() {
        try (var rig = Rig.of(WORK).started()) {
            Rig.await("runs", () -> rig.requests.size() > 5);
            rig.hypervisor.unbindLapic(rig.lapics);
            assertThat(rig.vm.state()).isEqualTo(State.PAUSED);
            assertThat(rig.sentences()).anyMatch(text -> text.contains("vm1 has no lapic0")
                    && text.contains("few-parts@1.0.0 of bundle 13 went away"));
            assertThat(rig.vm.describe()).anyMatch(line -> line.startsWith("stopped: vm1 has no lapic0"));
            assertThat(rig.hypervisor.targets()).filteredOn(target -> target.name().equals("vm1.lapic0"))
                    .extracting(Target::status).containsExactly("parked: its plug-in went away");
            LifecycleTest.refuses(Errno.ENODEV, rig.vm::resume);
            LifecycleTest.refuses(Errno.ENODEV, rig.vm::reset);
            int requests = rig.requests.size();
            rig.hypervisor.bindLapic(rig.lapics, LATER);
            Rig.await("goes on", () -> rig.requests.size() > requests);
            assertThat(rig.vm.state()).isEqualTo(State.RUNNING);
            assertThat(rig.vm.describe()).noneMatch(line -> line.startsWith("stopped"));
            Rig.await("told", () -> rig.events.contains(new PartitionEvent.Continued()));
        }
    }

    @Test
    void aFactoryThatComesDoesNotWakeAVmThatAPersonPaused() {
        try (var rig = Rig.of(WORK).started()) {
            rig.hypervisor.unbindCpu(rig.cpus);
            rig.vm.pause();
            rig.hypervisor.bindCpu(rig.cpus, LATER);
            assertThat(rig.vm.state()).isEqualTo(State.PAUSED);
            assertThat(rig.events).doesNotContain(new PartitionEvent.Continued());
            rig.vm.resume();
            Rig.await("goes on", () -> !rig.cpus.made().getLast().answers.isEmpty());
        }
    }

    @Test
    void linesThatMoveWhileTheIoApicIsAwayAreToldToTheNextOne() {
        try (var rig = Rig.of(List.of(hlt(), back(1))).started()) {
            rig.hypervisor.unbindIoApic(rig.ioapics);
            rig.vm.setIrqLine(9, 0);
            rig.vm.setIrqLine(10, 2);
            assertThat(rig.ioapic().events).isEmpty();
            rig.hypervisor.bindIoApic(rig.ioapics, LATER);
            Rig.await("both", () -> rig.cpu(0).interrupts.containsAll(List.of(0x39, 0x3A)));
        }
    }

    @Test
    void aParkedPlaceCanBeMovedToAnotherModel() {
        try (var rig = rig(WORK).started()) {
            rig.hypervisor.unbindEpt(rig.epts);
            assertThat(rig.vm.state()).isEqualTo(State.PAUSED);
            LifecycleTest.refuses(Errno.ENODEV, () -> rig.vm.setRegions(List.of(Region.remove(0, 4096))));
            swap(rig, "vm1.ept", "interval");
            assertThat(rig.vm.state()).isEqualTo(State.RUNNING);
            int requests = rig.requests.size();
            Rig.await("goes on", () -> rig.requests.size() > requests);
        }
    }

    @Test
    void aFactoryThatGoesInsideAnUpcallDoesNotHangItsThread() {
        try (var rig = Rig.of(List.of(in(0x60, 1), in(0x61, 1), back(1)))) {
            rig.inUpcall = () -> {
                if (rig.requests.size() == 1) {
                    rig.hypervisor.unbindEpt(rig.epts);
                }
            };
            rig.started();
            Rig.await("parked", () -> rig.hypervisor.targets().getFirst().status().startsWith("parked"));
            assertThat(rig.vm.state()).isEqualTo(State.PAUSED);
            rig.hypervisor.bindEpt(rig.epts, LATER);
            Rig.await("goes on", () -> rig.requests.size() > 10);
        }
    }

    @Test
    void aCpuThatCannotBeMadeIsToldAtTheStart() {
        try (var rig = Rig.of(WORK)) {
            rig.hypervisor
                    .bindCpu(new FakeCpu.Factory(new ModelInfo("cpu", "unmakable", "9.0.0", "for tests"), List.of(),
                            List.of()), LATER);
            var vm = rig.hypervisor.create(Rig.creation(1), rig);
            vm.setIoRequestPage(rig.pageMemory);
            LifecycleTest.refuses(Errno.EIO, vm::start);
            assertThat(vm.state()).isEqualTo(State.CREATED);
            vm.destroy();
        }
    }

    @Test
    void anEptThatCannotBeMadeIsToldAtTheCreationAndTakesNoSlot() {
        try (var rig = Rig.of(WORK)) {
            rig.hypervisor.bindEpt(new Bad("unmakable", StateSchema.first("ept"), () -> {
                throw new IllegalStateException("planted");
            }), LATER);
            LifecycleTest.refuses(Errno.EIO, () -> rig.hypervisor.create(Rig.creation(1), rig));
            rig.hypervisor.bindEpt(new IntervalEptFactory(), LATER);
            assertThat(rig.hypervisor.targets()).extracting(Target::vmid).containsOnly(1);
        }
    }

    @Test
    void aBetterModelThatComesReplacesNothing() {
        try (var rig = Rig.of(WORK).started()) {
            rig.hypervisor.bindEpt(new Bad("better", StateSchema.first("ept"), () -> {
                throw new IllegalStateException("must not be made");
            }), LATER);
            goesOn(rig);
        }
    }

    @Test
    void threadsThatSwapAndPauseAtOnceDoNotHang() throws InterruptedException {
        try (var rig = Rig.of(InterruptTest.started(WORK), List.of(in(0x61, 1), back(1)))) {
            rig.hypervisor.bindEpt(new IntervalEptFactory(), LATER);
            rig.started();
            var failures = new CopyOnWriteArrayList<Throwable>();
            var threads = List.of(worker(failures, () -> swap(rig, "vm1.ept", "interval")),
                    worker(failures, () -> swap(rig, "vm1.cpu1", "script")), worker(failures, () -> {
                        rig.vm.pause();
                        rig.vm.resume();
                    }), worker(failures, () -> rig.vm.setRegions(List.of(
                            Region.add(0x4000_0000, rig.ram, 0, 4096, 7),
                            Region.remove(0x4000_0000, 4096)))));
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failures).isEmpty();
            int requests = rig.requests.size();
            Rig.await("goes on", () -> rig.requests.size() > requests + 10);
        }
    }

    private static Thread worker(List<Throwable> failures, Runnable call) {
        return Thread.ofPlatform().start(() -> {
            try {
                for (int i = 0; i < 25; i++) {
                    call.run();
                }
            } catch (RuntimeException | Error e) {
                failures.add(e);
            }
        });
    }
}

package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.hv.sim.FakeCpu.*;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.cupule.hardware.CpuExit;
import org.cupule.hypervisor.Partition.State;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.Msi;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class InterruptTest {
    private static final List<Op> HALT = List.of(hlt(), back(1));
    private static final List<Op> SPIN = List.of();

    @Test
    @DisplayName("HSM-INT-03 a raising pulse at an edge pin is exactly one interrupt")
    void aPulseIsOneInterrupt() {
        try (var rig = Rig.of(HALT).started()) {
            rig.vm.setIrqLine(9, 2);
            Rig.await("interrupt", () -> rig.cpu(0).interrupts.equals(List.of(0x39)));
            assertThat(rig.ioapic().events).containsExactly("pin 9 high", "pin 9 low");
            assertThat(rig.pic().events).containsExactly("irq 9 high", "irq 9 low");
        }
    }

    @Test
    @DisplayName("HSM-INT-02 GSI 48 is EPERM, an unknown operation has no effect")
    void checksTheLine() {
        try (var rig = Rig.of(HALT).started()) {
            LifecycleTest.refuses(Errno.EPERM, () -> rig.vm.setIrqLine(48, 0));
            LifecycleTest.refuses(Errno.EPERM, () -> rig.vm.setIrqLine(-1, 0));
            rig.vm.setIrqLine(3, 9);
            assertThat(rig.ioapic().events).isEmpty();
        }
    }

    @Test
    @DisplayName("HSM-INT-04 GSI 2 drives input 0 of the 8259 pair")
    void theTimersGsiIsInputZeroOfThePair() {
        try (var rig = Rig.of(HALT).started()) {
            rig.vm.setIrqLine(2, 0);
            rig.vm.setIrqLine(0, 0);
            rig.vm.setIrqLine(0, 1);
            rig.vm.setIrqLine(20, 0);
            assertThat(rig.pic().events).startsWith("irq 0 high", "irq 0 high", "irq 0 high");
            assertThat(rig.ioapic().events).containsExactly("pin 2 high", "pin 0 high", "pin 0 low", "pin 20 high");
            Rig.await("both", () -> rig.cpu(0).interrupts.containsAll(List.of(8, 0x32, 0x44)));
        }
    }

    @Test
    @DisplayName("HSM-INT-05 an MSI outside the interrupt window is EPERM")
    void checksTheMessageAddress() {
        try (var rig = Rig.of(HALT).started()) {
            LifecycleTest.refuses(Errno.EPERM, () -> rig.vm.injectMsi(new Msi(0xFED0_0000L, 0x40)));
            rig.vm.injectMsi(new Msi(0xFEE0_0000L, 0x40));
            Rig.await("interrupt", () -> rig.cpu(0).interrupts.equals(List.of(0x40)));
        }
    }

    @Test
    void lowestPriorityGoesToOneOfThem() {
        try (var rig = Rig.of(started(HALT), HALT)) {
            rig.started();
            Rig.await("second", () -> rig.vm.activity(1).equals("halted"));
            rig.lapic(0).priority = 3;
            rig.vm.injectMsi(new Msi(0xFEEF_F000L, 0x150));
            Rig.await("interrupt", () -> rig.cpu(1).interrupts.equals(List.of(0x50)));
            assertThat(rig.cpu(0).interrupts).isEmpty();
        }
    }

    @Test
    void otherDeliveryModesOfAMessageAreIgnoredUnderAcrn() {
        try (var rig = new Rig(FakeCpu.factory(List.of(HALT)), Rig.creation(1, Behaviour.ACRN, false, 0)).started()) {
            rig.vm.injectMsi(new Msi(0xFEE0_0000L, 0x400));
            rig.vm.injectMsi(new Msi(0xFEE0_0000L, 0x41));
            Rig.await("interrupt", () -> rig.cpu(0).interrupts.equals(List.of(0x41)));
            assertThat(rig.cpu(0).events).doesNotContain("nmi");
        }
    }

    @Test
    void anNmiMessageReachesAHaltedCpu() {
        try (var rig = Rig.of(HALT).started()) {
            rig.cpu(0).interruptFlag = false;
            rig.vm.injectMsi(new Msi(0xFEE0_0000L, 0x400));
            Rig.await("nmi", () -> rig.cpu(0).events.contains("nmi"));
        }
    }

    @Test
    void anInterruptWaitsForTheWindow() {
        try (var rig = Rig.of(SPIN).started()) {
            rig.cpu(0).interruptFlag = false;
            rig.vm.injectMsi(new Msi(0xFEE0_0000L, 0x40));
            Rig.await("accepted", () -> rig.lapic(0).events.contains("accept 40"));
            assertThat(rig.cpu(0).interrupts).isEmpty();
            rig.cpu(0).interruptFlag = true;
            Rig.await("interrupt", () -> rig.cpu(0).interrupts.equals(List.of(0x40)));
        }
    }

    @Test
    void anInterruptThatWasAcceptedBeforeTheHltIsTakenAfterAPauseAtTheHlt() {
        var pausing = new AtomicReference<Thread>();
        var rigs = new AtomicReference<Rig>();
        Op accept = nop(() -> {
            rigs.get().cpu(0).interruptFlag = false;
            rigs.get().vm.injectMsi(new Msi(0xFEE0_0000L, 0x40));
        });
        Op hltWhilePausing = cpu -> {
            pausing.set(Thread.ofPlatform().start(rigs.get().vm::pause));
            Rig.await("the gate closes", () -> !((SimPartition) rigs.get().vm).rendezvous.open());
            cpu.interruptFlag = true;
            return CpuExit.HLT;
        };
        try (var rig = Rig.of(List.of(accept, in(0x60, 1), hltWhilePausing, in(0x61, 1), hlt()))) {
            rigs.set(rig);
            rig.started();
            Rig.await("paused", () -> rig.vm.state() == State.PAUSED);
            Rig.await("pause returns", () -> !pausing.get().isAlive());
            assertThat(rig.cpu(0).interrupts).isEmpty();

            rig.vm.resume();

            Rig.await("interrupt", () -> rig.cpu(0).interrupts.equals(List.of(0x40)));
            Rig.await("goes on", () -> rig.requests.size() == 2);
        }
    }

    @Test
    void manyThreadsLoseNoVector() throws InterruptedException {
        try (var rig = Rig.of(List.of(hlt(), nop(() -> {
        }), back(2))).started()) {
            var threads = new ArrayList<Thread>();
            for (int i = 0; i < 4; i++) {
                int first = 0x20 + i * 0x30;
                threads.add(Thread.ofPlatform().start(() -> {
                    for (int vector = first; vector < first + 0x30; vector++) {
                        rig.vm.injectMsi(new Msi(0xFEE0_0000L, vector));
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            Rig.await("all", () -> rig.cpu(0).interrupts.stream().distinct().count() == 0xC0);
        }
    }

    @Test
    @DisplayName("HSM-IOREQ-26 INIT and start-up with v start an AP at v << 12; a second start-up is ignored")
    void initAndStartupStartAnAp() {
        List<Op> first = List.of(ipi(0x50_0100), ipi(0x60_0108), ipi(0x60_0109), in(0x60, 1), hlt());
        try (var rig = Rig.of(first, List.of(in(0x61, 1), hlt()))) {
            assertThat(rig.vm.activity(1)).isEqualTo("waiting for SIPI");
            rig.started();
            Rig.await("both", () -> rig.requests.size() == 2);
            Rig.await("ap halts", () -> rig.vm.activity(1).equals("halted"));
            assertThat(rig.cpu(1).events).filteredOn(event -> event.startsWith("startup")).hasSize(1)
                    .first().isIn("startup 8", "startup 9");
            assertThat(rig.cpu(1).events).contains("init");
        }
    }

    @Test
    void anInitStopsARunningApUntilItsNextStartup() {
        List<Op> first = List.of(ipi(0x60_0108), in(0x60, 1), ipi(0x50_0100), in(0x61, 1), ipi(0x60_0109),
                in(0x62, 1), hlt());
        var waiting = new CopyOnWriteArrayList<String>();
        try (var rig = Rig.of(first, SPIN)) {
            rig.inUpcall = () -> {
                switch (rig.requests.size()) {
                    case 1 -> Rig.await("runs", () -> rig.vm.activity(1).equals("running"));
                    case 2 -> Rig.await("init", () -> rig.vm.activity(1).equals("waiting for SIPI"));
                    default -> Rig.await("runs", () -> rig.vm.activity(1).equals("running"));
                }
                waiting.add(rig.vm.activity(1));
            };
            rig.started();
            Rig.await("done", () -> rig.vm.activity(0).equals("halted"));
            assertThat(waiting).containsExactly("running", "waiting for SIPI", "running");
            assertThat(rig.cpu(1).events).contains("startup 8", "startup 9");
        }
    }

    /** The guest takes no interrupt until it halts, as with CLI, STI, HLT: the timer may be due before that. */
    @Test
    void theTimerOfALocalApicWakesItsCpu() {
        try (var rig = Rig.of(List.of(cli(), store(0xFEE0_0380L, 4, 1_000_000), stiHlt(), in(0x60, 1), hlt()))
                .started()) {
            Rig.await("woken", () -> rig.requests.size() == 1);
            assertThat(rig.cpu(0).interrupts).containsExactly(FakeLapic.TIMER_VECTOR);
            assertThat(rig.vm.clock().nanos()).isGreaterThanOrEqualTo(1_000_000);
        }
    }

    @Test
    void anEndOfInterruptIsToldWithItsPin() {
        var ended = new CopyOnWriteArrayList<Integer>();
        try (var rig = Rig.of(List.of(store(0xFEC0_0000L, 4, 7), store(0xFEE0_00B0L, 4, 0x35),
                store(0xFEE0_00B0L, 4, 0x36), load(0xFEC0_0000L, 4), hlt()))) {
            rig.vm.onEndOfInterrupt(ended::add);
            rig.started();
            Rig.await("both", () -> rig.cpu(0).answers.size() == 4);
            assertThat(ended).containsExactly(5);
            assertThat(rig.ioapic().events).contains("eoi 35", "eoi 36");
            assertThat(rig.cpu(0).answers).last().isEqualTo(7L);
        }
    }

    @Test
    void thePairIsAskedWhereTheLocalApicLetsItPass() {
        try (var rig = Rig.of(SPIN).started()) {
            rig.lapic(0).passesExtInt = false;
            rig.vm.setIrqLine(2, 0);
            Rig.await("pin 2", () -> rig.cpu(0).interrupts.equals(List.of(0x32)));
            rig.lapic(0).passesExtInt = true;
            rig.vm.injectMsi(new Msi(0xFEE0_0000L, 0x41));
            Rig.await("pair", () -> rig.cpu(0).interrupts.containsAll(List.of(8, 0x41)));
        }
    }

    @Test
    void anExternalInterruptMessageAsksThePairWhateverTheLocalApicSays() {
        try (var rig = Rig.of(SPIN).started()) {
            rig.lapic(0).passesExtInt = false;
            rig.vm.setIrqLine(2, 0);
            Rig.await("pin 2", () -> rig.cpu(0).interrupts.equals(List.of(0x32)));
            rig.vm.injectMsi(new Msi(0xFEE0_0000L, 0x700));
            Rig.await("pair", () -> rig.cpu(0).interrupts.equals(List.of(0x32, 8)));
        }
    }

    static Op ipi(int icr) {
        return store(0xFEE0_0300L, 4, icr);
    }

    /** A script that starts the second vCPU first. */
    static List<Op> started(List<Op> rest) {
        var script = new ArrayList<Op>();
        script.add(ipi(0x60_0108));
        script.addAll(rest);
        return script;
    }
}

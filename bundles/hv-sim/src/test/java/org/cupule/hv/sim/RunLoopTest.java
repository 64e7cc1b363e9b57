package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.hv.sim.FakeCpu.*;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.cupule.abi.IoRequestPage;
import org.cupule.hardware.CpuExit;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Region;
import org.cupule.ram.Access;
import org.cupule.types.Behaviour;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RunLoopTest {
    @Test
    @DisplayName("HSM-IOREQ-03 a port read goes FREE, PENDING, PROCESSING, COMPLETE, FREE and its value reaches the CPU")
    void aPortReadMakesTheFullCycle() {
        try (var rig = Rig.of(List.of(in(0x3F8, 1), hlt()))) {
            int[] seen = new int[1];
            rig.inUpcall = () -> seen[0] = rig.page.state(0);
            rig.started();
            Rig.await("answer", () -> rig.cpu(0).answers.equals(List.of(0x3F9L)));
            assertThat(seen[0]).isEqualTo(IoRequestPage.PENDING);
            assertThat(rig.requests).containsExactly(new Rig.Request(0, IoRequestPage.PORTIO, false, 0x3F8, 1, 0));
            assertThat(rig.page.state(0)).isEqualTo(IoRequestPage.FREE);
        }
    }

    @Test
    void aMemoryWriteCarriesItsEightBytes() {
        try (var rig = Rig.of(List.of(store(0xD000_0000L, 8, 0x1122_3344_5566_7788L), hlt())).started()) {
            Rig.await("answer", () -> !rig.cpu(0).answers.isEmpty());
            assertThat(rig.requests).containsExactly(
                    new Rig.Request(0, IoRequestPage.MMIO, true, 0xD000_0000L, 8, 0x1122_3344_5566_7788L));
        }
    }

    @Test
    void aWriteToReadOnlyMemoryIsAWriteProtectRequest() {
        try (var rig = Rig.of(List.of(store(0x20_0000, 4, 7), store(0x30_0000, 4, 7), hlt()))) {
            rig.vm.setRegions(List.of(Region.add(0x20_0000, rig.ram, 0, 4096, Access.READ)));
            rig.started();
            Rig.await("answers", () -> rig.cpu(0).answers.size() == 2);
            assertThat(rig.requests).extracting(Rig.Request::type).containsExactly(IoRequestPage.WRITE_PROTECT,
                    IoRequestPage.MMIO);
        }
    }

    @Test
    void aRequestThatIsLeftProcessingWaitsForFinish() {
        try (var rig = Rig.of(List.of(in(0x60, 1), hlt()))) {
            rig.answer = null;
            rig.started();
            Rig.await("request", () -> rig.page.state(0) == IoRequestPage.PROCESSING);
            assertThat(rig.vm.activity(0)).isEqualTo("in request read port 0x60");
            rig.vm.finish(0);
            assertThat(rig.cpu(0).answers).isEmpty();
            rig.complete(0, 0x42);
            Rig.await("answer", () -> rig.cpu(0).answers.equals(List.of(0x42L)));
            Rig.await("halt", () -> rig.vm.activity(0).equals("halted"));
        }
    }

    @Test
    void aPollingPartitionTakesTheCompletionWithoutFinish() {
        try (var rig = new Rig(FakeCpu.factory(List.of(List.of(in(0x60, 1), hlt()))),
                Rig.creation(1, Behaviour.X86, false, 4))) {
            rig.answer = null;
            rig.started();
            Rig.await("request", () -> rig.page.state(0) == IoRequestPage.PROCESSING);
            assertThat(rig.page.completionPolling(0)).isTrue();
            rig.page.value(0, 5);
            rig.page.state(0, IoRequestPage.COMPLETE);
            Rig.await("answer", () -> rig.cpu(0).answers.equals(List.of(5L)));
        }
    }

    @Test
    @DisplayName("HSM-IOREQ-21 an access while the slot is not FREE is answered with #GP")
    void aSlotThatIsNotFreeGivesGeneralProtection() {
        try (var rig = Rig.of(List.of(nop(() -> {
        }), in(0x60, 1), hlt()))) {
            rig.vm.setIoRequestPage(rig.pageMemory);
            rig.page.state(0, IoRequestPage.COMPLETE);
            rig.vm.start();
            Rig.await("fault", () -> rig.cpu(0).faults.equals(List.of(13)));
            assertThat(rig.requests).isEmpty();
        }
    }

    @Test
    @DisplayName("HSM-ARCH-01 the slot is the vCPU's index, and two vCPUs have requests at once")
    void everyVcpuHasItsSlot() {
        var both = new CountDownLatch(2);
        try (var rig = Rig.of(List.of(store(0xFEE0_0300L, 4, 0x60_0108), in(0x60, 1), hlt()),
                List.of(in(0x61, 1), hlt()))) {
            rig.inUpcall = () -> {
                both.countDown();
                Latch.await(both);
            };
            rig.started();
            Rig.await("answers", () -> rig.cpu(0).answers.contains(0x61L) && rig.cpu(1).answers.contains(0x62L));
            assertThat(rig.requests).extracting(Rig.Request::vcpu).containsExactlyInAnyOrder(0, 1);
        }
    }

    @Test
    @DisplayName("HSM-CPUID-01 the hypervisor's leaves carry ACRN's signature, and a user VM is not privileged")
    void answersTheHypervisorLeaves() {
        try (var rig = Rig.of(List.of(cpuid(0x4000_0000), cpuid(0x4000_0001), cpuid(0x4000_0010), hlt())).started()) {
            Rig.await("answers", () -> rig.cpu(0).answers.size() == 12);
            assertThat(rig.cpu(0).answers).startsWith(0x4000_0010L, 0x4E52_4341L, 0x4E52_4341L, 0x4E52_4341L, 0L)
                    .endsWith(1_000_000L, 0L, 0L, 0L);
        }
    }

    @Test
    @DisplayName("HSM-HC-02 VMCALL of a user VM is an invalid opcode")
    void refusesHypercalls() {
        try (var rig = Rig.of(List.of(exits(CpuExit.HYPERCALL), hlt())).started()) {
            Rig.await("fault", () -> rig.cpu(0).faults.equals(List.of(6)));
        }
    }

    @Test
    void anUnknownMsrFaultsAndIsToldOnce() {
        try (var rig = Rig.of(List.of(rdmsr(0xC001_0000), rdmsr(0xC001_0000), hlt())).started()) {
            Rig.await("faults", () -> rig.cpu(0).faults.equals(List.of(13, 13)));
            assertThat(rig.sentences()).singleElement().asString().contains("MSR 0xc0010000", "RIP 0xfff0");
        }
    }

    @Test
    void thePagesOfTheInterruptControllersAreTheHypervisorsOwn() {
        try (var rig = Rig.of(List.of(store(0xFEE0_0080L, 4, 0x20), load(0xFEE0_0080L, 4), load(0xFEE0_0081L, 1),
                store(0xFEC0_0000L, 4, 0x1A), load(0xFEC0_0010L, 4), out(0x20, 1, 0x11), in(0xA1, 1), out(0x4D0, 2,
                        0x0C20),
                hlt())).started()) {
            Rig.await("answers", () -> rig.cpu(0).answers.size() == 8);
            assertThat(rig.cpu(0).answers).containsExactly(0L, 0x20L, 0L, 0L, 0xC035L, 0L, 0xA1L, 0L);
            assertThat(rig.pic().events).containsExactly("write 20=11", "read a1", "write 4d0=20", "write 4d1=c");
            assertThat(rig.requests).isEmpty();
        }
    }

    @Test
    void theApicPageFollowsItsBaseRegister() {
        try (var rig = Rig.of(List.of(wrmsr(0x1B, 0xFEDF_0900L), load(0xFEE0_0080L, 4), load(0xFEDF_0080L, 4),
                rdmsr(0x1B), wrmsr(0x1B, 0xFEDF_0100L), load(0xFEDF_0080L, 4), hlt())).started()) {
            Rig.await("answers", () -> rig.cpu(0).answers.size() == 6);
            assertThat(rig.requests).extracting(Rig.Request::address).containsExactly(0xFEE0_0080L, 0xFEDF_0080L);
            assertThat(rig.cpu(0).answers).element(3).isEqualTo(0xFEDF_0900L);
        }
    }

    @Test
    @DisplayName("HSM-IOREQ-25 under ACRN's rules a triple fault asks for S5 at port 0x404")
    void aTripleFaultUnderAcrnPowersOff() {
        try (var rig = new Rig(FakeCpu.factory(List.of(List.of(exits(CpuExit.SHUTDOWN)))),
                Rig.creation(1, Behaviour.ACRN, false, 0)).started()) {
            Rig.await("pause", () -> rig.vm.state() == State.PAUSED && !rig.events.isEmpty());
            assertThat(rig.requests)
                    .containsExactly(new Rig.Request(0, IoRequestPage.PORTIO, true, 0x404, 2, 0x3400));
        }
    }

    @Test
    void aTripleFaultPausesAndTellsRegistersAndBlocks() {
        try (var rig = Rig.of(List.of(exits(CpuExit.SHUTDOWN))).started()) {
            Rig.await("pause", () -> !rig.events.isEmpty());
            assertThat(rig.vm.state()).isEqualTo(State.PAUSED);
            assertThat(rig.vm.activity(0)).isEqualTo("shut down");
            assertThat(rig.events.getFirst()).isInstanceOfSatisfying(PartitionEvent.TripleFault.class,
                    fault -> assertThat(fault.report()).contains("RAX", "CR3", "IDTR_LIMIT", "f000 f010"));
        }
    }

    @Test
    void aFetchWithoutMemoryStopsWithASentence() {
        try (var rig = Rig.of(List.of(fetchAt(0x8000_0000L))).started()) {
            Rig.await("stop", () -> rig.vm.state() == State.PAUSED && !rig.events.isEmpty());
            assertThat(rig.sentences().getFirst()).contains("0x80000000", "no RAM is mapped", "RIP 0xfff0");
            assertThat(rig.vm.describe()).anyMatch(line -> line.startsWith("stopped: vcpu0 fetches"));
        }
    }

    @Test
    void underAcrnAFetchFromAPageWithoutExecuteRightGetsTheRight() {
        try (var rig = new Rig(FakeCpu.factory(List.of(List.of(fetchAt(0x20_0000), in(0x60, 1), hlt()))),
                Rig.creation(1, Behaviour.ACRN, false, 0))) {
            rig.vm.setRegions(List.of(Region.add(0x20_0000, rig.ram, 0, 8192, Access.READ | Access.WRITE)));
            rig.started();
            Rig.await("goes on", () -> !rig.requests.isEmpty());
            assertThat(rig.vm.describe()).anyMatch(line -> line.startsWith("memory 0x200000-0x200fff rwx"))
                    .anyMatch(line -> line.startsWith("memory 0x201000-0x201fff rw-"));
        }
    }

    private static Op fetchAt(long gpa) {
        return cpu -> {
            cpu.exit().address = gpa;
            return CpuExit.FETCH;
        };
    }

    @Test
    @DisplayName("an upcall that comes back while the fresh thread is inside the next one leaves the vCPU to that")
    void anUpcallThatComesBackIntoTheNextOneIsTurnedAway() {
        var calls = new CopyOnWriteArrayList<Thread>();
        var first = new CountDownLatch(1);
        var second = new CountDownLatch(1);
        try (var rig = Rig.of(List.of(in(0x60, 1), in(0x61, 1), in(0x62, 1), hlt()))) {
            rig.inUpcall = () -> {
                calls.add(Thread.currentThread());
                if (calls.size() == 1) {
                    rig.page.state(0, IoRequestPage.PROCESSING);
                    Latch.await(first);
                    throw new IllegalStateException("came back too late");
                }
                Latch.await(second);
            };
            rig.started();
            Rig.await("the first call", () -> rig.page.state(0) == IoRequestPage.PROCESSING);
            rig.complete(0, 7);
            Rig.await("the second call, by another thread", () -> calls.size() == 2);
            first.countDown();
            Rig.await("the first thread ends", () -> !calls.getFirst().isAlive());

            second.countDown();

            Rig.await("halted", () -> rig.vm.activity(0).equals("halted"));
            assertThat(rig.cpu(0).answers).containsExactly(7L, 0x62L, 0x63L);
            assertThat(calls.get(1)).isSameAs(calls.get(2));
            assertThat(rig.events).isEmpty();
        }
    }

    @Test
    void anUpcallThatNeverReturnsDoesNotHoldTheVcpuOnceItsRequestIsAnswered() {
        var stuck = new CountDownLatch(1);
        try (var rig = Rig.of(List.of(in(0x60, 1), in(0x61, 1), hlt()))) {
            var first = new CopyOnWriteArrayList<Thread>();
            rig.inUpcall = () -> {
                if (first.isEmpty()) {
                    first.add(Thread.currentThread());
                    rig.page.state(0, IoRequestPage.PROCESSING);
                    Latch.await(stuck);
                    throw new IllegalStateException("came back too late");
                }
            };
            rig.started();
            Rig.await("stuck", () -> rig.page.state(0) == IoRequestPage.PROCESSING);
            rig.complete(0, 7);
            Rig.await("goes on", () -> rig.vm.activity(0).equals("halted"));
            assertThat(rig.cpu(0).answers).containsExactly(7L, 0x62L);
            stuck.countDown();
            Rig.await("the old thread ends", () -> !first.getFirst().isAlive());
            assertThat(rig.vm.state()).isEqualTo(State.RUNNING);
            assertThat(rig.events).isEmpty();
        }
    }

    @Test
    void aModelThatThrowsStopsItsPartitionAlone() {
        try (var other = Rig.of(List.of(in(0x60, 1), back(1)));
                var rig = Rig.of(List.of(cpu -> {
                    throw new IllegalStateException("planted");
                }))) {
            other.started();
            rig.started();
            Rig.await("stop", () -> rig.vm.state() == State.PAUSED && !rig.events.isEmpty());
            assertThat(rig.sentences().getFirst()).contains("planted", "cpu/script@1.0.0");
            int before = other.requests.size();
            Rig.await("the other goes on", () -> other.requests.size() > before);
        }
    }

    @Test
    void aSplitLockIsExecutedWhileTheOthersStandStill() {
        try (var rig = Rig.of(
                List.of(store(0xFEE0_0300L, 4, 0x60_0108), exits(CpuExit.EXCLUSIVE), in(0x60, 1), back(2)),
                List.of(in(0x61, 1), back(1))).started()) {
            Rig.await("two hundred", () -> rig.cpu(0).answers.size() > 200 && rig.cpu(1).answers.size() > 10);
        }
    }
}

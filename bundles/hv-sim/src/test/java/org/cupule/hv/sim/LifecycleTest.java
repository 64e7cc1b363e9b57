package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.cupule.hv.sim.FakeCpu.*;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.abi.IoRequestPage;
import org.cupule.hardware.Register;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.VcpuState;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LifecycleTest {
    private static final List<Op> WORK = List.of(in(0x60, 1), back(1));

    static void refuses(Errno errno, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(HsmException.class,
                failure -> assertThat(failure.errno()).as(failure.getMessage()).isEqualTo(errno));
    }

    @Test
    @DisplayName("HSM-VM-05 a second start is EPERM")
    void startsOnce() {
        try (var rig = Rig.of(WORK).started()) {
            refuses(Errno.EPERM, rig.vm::start);
            assertThat(rig.vm.state()).isEqualTo(State.RUNNING);
        }
    }

    @Test
    void doesNotStartWithoutARequestPage() {
        try (var rig = Rig.of(WORK)) {
            refuses(Errno.EPERM, rig.vm::start);
        }
    }

    @Test
    @DisplayName("HSM-VM-06 a pause of a paused VM does nothing")
    void pausesTwice() {
        try (var rig = Rig.of(WORK).started()) {
            rig.vm.pause();
            rig.vm.pause();
            assertThat(rig.vm.state()).isEqualTo(State.PAUSED);
        }
    }

    @Test
    @DisplayName("HSM-VM-07 a running VM is not reset; a paused one is, and is CREATED then")
    void resetsWhenPaused() {
        try (var rig = Rig.of(WORK).started()) {
            refuses(Errno.EPERM, rig.vm::reset);
            rig.vm.pause();
            rig.vm.reset();
            assertThat(rig.vm.state()).isEqualTo(State.CREATED);
            assertThat(rig.cpu(0).events).contains("reset");
            assertThat(rig.lapic(0).events).contains("reset");
            assertThat(rig.ioapic().events).contains("reset");
            assertThat(rig.pic().events).contains("reset");
            int before = rig.requests.size();
            rig.vm.start();
            Rig.await("runs again", () -> rig.requests.size() > before);
        }
    }

    @Test
    @DisplayName("HSM-VM-08 a running VM is not destroyed and stays usable")
    void isNotDestroyedWhileItRuns() {
        try (var rig = Rig.of(WORK).started()) {
            refuses(Errno.EPERM, rig.vm::destroy);
            int before = rig.requests.size();
            Rig.await("goes on", () -> rig.requests.size() > before);
        }
    }

    @Test
    @DisplayName("HSM-VM-09 pause and destroy end it: later calls are EPERM, its threads are gone, its id is free")
    void isDestroyedWhenPaused() {
        var rig = Rig.of(WORK).started();
        rig.vm.pause();
        rig.vm.destroy();
        refuses(Errno.EPERM, rig.vm::start);
        refuses(Errno.EPERM, rig.vm::pause);
        refuses(Errno.EPERM, rig.vm::resume);
        refuses(Errno.EPERM, rig.vm::destroy);
        refuses(Errno.EPERM, () -> rig.vm.finish(0));
        refuses(Errno.EPERM, () -> rig.vm.setIrqLine(1, 0));
        refuses(Errno.EPERM, () -> rig.vm.setRegions(List.of()));
        assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("vm1-"));
        assertThat(rig.hypervisor.create(Rig.creation(1), rig).vmid()).isEqualTo(1);
        rig.close();
    }

    @Test
    void nothingRunsWhilePausedAndTheClockStandsStill() {
        try (var rig = Rig.of(WORK).started()) {
            Rig.await("runs", () -> rig.requests.size() > 10);
            rig.vm.pause();
            long time = rig.vm.clock().nanos();
            int requests = rig.requests.size();
            assertThat(rig.vm.activity(0)).isEqualTo("stopped");
            assertThat(rig.vm.registers(0)).containsEntry("RIP", 0xFFF0L);
            assertThat(rig.requests).hasSize(requests);
            assertThat(rig.vm.clock().nanos()).isEqualTo(time);
            rig.vm.resume();
            Rig.await("runs again", () -> rig.requests.size() > requests + 10);
            assertThat(rig.vm.clock().nanos()).isGreaterThan(time);
        }
    }

    @Test
    void aRequestInFlightStaysInItsSlotOverAPause() {
        try (var rig = Rig.of(List.of(in(0x60, 1), hlt()))) {
            rig.answer = null;
            rig.started();
            Rig.await("request", () -> rig.page.state(0) == IoRequestPage.PROCESSING);
            rig.vm.pause();
            rig.complete(0, 9);
            assertThat(rig.page.state(0)).isEqualTo(IoRequestPage.COMPLETE);
            rig.vm.resume();
            Rig.await("answer", () -> rig.cpu(0).answers.equals(List.of(9L)));
        }
    }

    @Test
    @DisplayName("HSM-IOREQ-22 a reset makes all slots FREE")
    void aResetFreesTheSlots() {
        try (var rig = Rig.of(List.of(in(0x60, 1), hlt()))) {
            rig.answer = null;
            rig.started();
            Rig.await("request", () -> rig.page.state(0) == IoRequestPage.PROCESSING);
            rig.vm.pause();
            rig.vm.reset();
            assertThat(rig.page.state(0)).isEqualTo(IoRequestPage.FREE);
            rig.answer = address -> 3;
            rig.vm.start();
            Rig.await("answer", () -> rig.cpu(0).answers.equals(List.of(3L)));
        }
    }

    @Test
    void callsThatWouldWaitForTheirOwnThreadAreBusy() {
        var refused = new CopyOnWriteArrayList<Errno>();
        try (var rig = Rig.of(List.of(in(0x60, 1), hlt()))) {
            rig.inUpcall = () -> List.<Runnable>of(rig.vm::pause, rig.vm::reset, rig.vm::destroy, rig.vm::resume,
                    () -> rig.hypervisor.swap("vm1.ept", -1, "four-level", Rig.DEADLINE)).forEach(call -> {
                        try {
                            call.run();
                        } catch (HsmException e) {
                            refused.add(e.errno());
                        }
                    });
            rig.started();
            Rig.await("answer", () -> !rig.cpu(0).answers.isEmpty());
            assertThat(refused).containsExactly(Errno.EBUSY, Errno.EBUSY, Errno.EBUSY, Errno.EBUSY, Errno.EBUSY);
        }
    }

    @Test
    void aVcpuInsideAnUpcallMayReadItsOwnRegistersAndChangeMemory() {
        var seen = new CopyOnWriteArrayList<Long>();
        try (var rig = Rig.of(List.of(in(0x60, 1), hlt()))) {
            rig.inUpcall = () -> {
                seen.add(rig.vm.registers(0).get("RIP"));
                rig.vm.setRegions(List.of(org.cupule.hypervisor.Region.add(0x4000_0000, rig.ram, 0, 4096, 7)));
            };
            rig.started();
            Rig.await("answer", () -> !rig.cpu(0).answers.isEmpty());
            assertThat(seen).containsExactly(0xFFF0L);
            refuses(Errno.EBUSY, () -> rig.vm.registers(0));
        }
    }

    @Test
    void aPauseThatADeviceHoldsUpNamesTheVcpuAndTheRequest() {
        var hold = new CountDownLatch(1);
        try (var rig = Rig.of(List.of(in(0x3F8, 1), hlt()))) {
            rig.hypervisor.modified(Config.with("rendezvous_deadline_millis", 20L));
            rig.inUpcall = () -> Latch.await(hold);
            rig.started();
            Rig.await("request", () -> !rig.requests.isEmpty());
            assertThatThrownBy(rig.vm::pause).hasMessageContaining("vcpu0 in request read port 0x3f8")
                    .hasMessageContaining("ETIMEDOUT");
            assertThat(rig.vm.state()).isEqualTo(State.RUNNING);
            hold.countDown();
            Rig.await("goes on", () -> !rig.cpu(0).answers.isEmpty());
        }
    }

    @Test
    @DisplayName("HSM-REG-02 registers are not set while the VM runs; HSM-REG-05 nor of a vCPU that is not there")
    void registersAreSetBeforeTheStart() {
        try (var rig = Rig.of(WORK)) {
            refuses(Errno.EPERM, () -> rig.vm.setRegisters(1, state(0x11, 0, 0)));
            rig.vm.setRegisters(0, state(0x11, 0, 0));
            assertThat(rig.vm.registers(0)).containsEntry("RIP", 0x1000L).containsEntry("RBX", 3L)
                    .containsEntry("CS", 8L).containsEntry("CS_BASE", 0L).containsEntry("CS_ATTRIBUTES", 0xC09BL)
                    .containsEntry("DS", 0x10L).containsEntry("DS_LIMIT", 0xFFFF_FFFFL)
                    .containsEntry("TR_ATTRIBUTES", 0x8BL).containsEntry("CR0", 0x11L);
            rig.started();
            refuses(Errno.EPERM, () -> rig.vm.setRegisters(0, state(0x11, 0, 0)));
        }
    }

    @Test
    @DisplayName("HSM-REG-03 flags 0 become 2, and the bits 0x8D5 are cleared")
    void setsTheFlagsAsTheHypervisorDoes() {
        try (var rig = Rig.of(WORK)) {
            rig.vm.setRegisters(0, state(0x11, 0, 0));
            assertThat(rig.vm.registers(0)).containsEntry("RFLAGS", 2L);
            rig.vm.setRegisters(0, state(0x11, 0, 0xFFF));
            assertThat(rig.cpu(0).register(Register.RFLAGS)).isEqualTo(0x72A);
        }
    }

    @Test
    @DisplayName("HSM-REG-04 an illegal CR0 or CR4 is EPERM")
    void refusesIllegalControlRegisters() {
        try (var rig = Rig.of(WORK)) {
            refuses(Errno.EPERM, () -> rig.vm.setRegisters(0, state(0x8000_0000L, 0, 0)));
            refuses(Errno.EPERM, () -> rig.vm.setRegisters(0, state(0x1_0000_0000L, 0, 0)));
            refuses(Errno.EPERM, () -> rig.vm.setRegisters(0, state(0x2000_0011, 0, 0)));
            refuses(Errno.EPERM, () -> rig.vm.setRegisters(0, state(0x11, 1L << 13, 0)));
        }
    }

    private static VcpuState state(long cr0, long cr4, long rflags) {
        return new VcpuState(new long[]{0, 1, 2, 3}, 0x1000, rflags, cr0, 0, cr4, 0, 0, -1, 0xC09B,
                new int[]{8, 0x10, 0x10, 0x10, 0x10, 0x10, 0, 0}, 0x500, 0x17, 0, 0x3FF);
    }

    @Test
    void thePageMustBeAPageAndThePartitionNew() {
        try (var rig = Rig.of(WORK)) {
            refuses(Errno.EPERM, () -> rig.vm.setIoRequestPage(rig.pageMemory.asSlice(8)));
            rig.started();
            refuses(Errno.EPERM, () -> rig.vm.setIoRequestPage(rig.pageMemory));
        }
    }

    @Test
    @DisplayName("HSM-VM-01 the number of vCPUs is the number of affinity bits; HSM-VM-13 outside the set is EINVAL")
    void countsTheAffinity() {
        try (var rig = Rig.of(WORK)) {
            assertThat(rig.hypervisor.create(with(0x0505, 0), rig).vcpuCount()).isEqualTo(4);
            assertThat(rig.hypervisor.create(with(0, 0), rig).vcpuCount()).isEqualTo(1);
            refuses(Errno.EINVAL, () -> rig.hypervisor.create(with(0x1_0000, 0), rig));
        }
    }

    @Test
    @DisplayName("HSM-VM-12 LAPIC passthrough without RT is refused")
    void refusesLapicPassthroughWithoutRealTime() {
        try (var rig = Rig.of(WORK)) {
            refuses(Errno.EPERM, () -> rig.hypervisor.create(with(1, 2), rig));
            assertThat(rig.hypervisor.create(with(1, 0x12), rig).state()).isEqualTo(State.CREATED);
        }
    }

    private static PartitionCreation with(long affinity, long flags) {
        return new PartitionCreation("x", affinity, flags, Behaviour.X86, false, false, Map.of());
    }

    @Test
    void noMorePartitionsThanConfigured() {
        try (var rig = Rig.of(WORK)) {
            rig.hypervisor.modified(Config.with("max_vms", 2));
            rig.hypervisor.create(Rig.creation(1), rig);
            refuses(Errno.ENOTTY, () -> rig.hypervisor.create(Rig.creation(1), rig));
            rig.hypervisor.modified(Config.defaults());
            assertThat(rig.hypervisor.create(Rig.creation(1), rig).vmid()).isEqualTo(3);
        }
    }

    @Test
    void aMissingKindOrModelIsNamed() {
        try (var rig = Rig.of(WORK)) {
            assertThatThrownBy(() -> rig.hypervisor.create(new PartitionCreation("x", 1, 0, Behaviour.X86, false, false,
                    Map.of("ept", "interval")), rig)).hasMessageContaining("no model 'interval' of kind 'ept'")
                    .hasMessageContaining("four-level@").hasMessageContaining("ENODEV");
            rig.hypervisor.unbindPic(rig.pics);
            assertThatThrownBy(() -> rig.hypervisor.create(Rig.creation(1), rig)).hasMessageContaining("hw-pic")
                    .hasMessageContaining("ENODEV");
        }
    }

    @Test
    void anIdlePartitionHasNoThreadsAndNoCpuModels() {
        try (var rig = Rig.of(WORK)) {
            rig.vm.setRegisters(0, state(0x11, 0, 0));
            assertThat(rig.cpus.made()).isEmpty();
            assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("vm1-"));
        }
    }

    @Test
    void deactivationEndsThePartitions() {
        var rig = Rig.of(WORK).started();
        rig.hypervisor.deactivate();
        assertThat(rig.vm.state()).isEqualTo(State.POWERED_OFF);
        rig.close();
    }
}

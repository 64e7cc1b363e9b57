package org.cupule.tck.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.HypervisorInfo.Capability;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.Region;
import org.cupule.hypervisor.VcpuState;
import org.cupule.ram.Access;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What every partition must do about its life, its registers and its memory ({@code hsm.md} 4, 5, 6.6, 7.1). */
public abstract class PartitionLifeContract extends PartitionFixture {
    /** Counts in EBX and tells each number at port 0x80. */
    private static final byte[] COUNT = MachineCode.of("""
            31 db                          xor ebx,ebx
            43                             inc ebx
            89 d8                          mov eax,ebx
            e7 80                          out 0x80,eax
            eb f9                          jmp short 0x1002
            """);
    /** One request, then halted. */
    private static final byte[] ONE = MachineCode.of("""
            e4 60                          in al,0x60
            e7 80                          out 0x80,eax
            f4                             hlt
            """);

    /** Only a contract. */
    protected PartitionLifeContract() {
    }

    private void counts(int atLeast) {
        int now = written(0x80).size();
        await("counts on", () -> written(0x80).size() >= now + atLeast);
    }

    @Test
    @DisplayName("HSM-VM-05 starting twice: the second time EPERM")
    void startsOnce() {
        Partition vm = start(partition(1), COUNT);

        refuses(Errno.EPERM, vm::start);

        counts(10);
    }

    @Test
    @DisplayName("a start without an I/O request page is EPERM, and so is a page once it runs")
    void needsAPage() {
        Partition vm = create(1, Behaviour.X86, 0);

        refuses(Errno.EPERM, vm::start);
        vm.setIoRequestPage(pageMemory);
        vm.setRegions(List.of(Region.add(0, ram, 0, RAM_BYTES, Access.ALL)));
        start(vm, COUNT);
        refuses(Errno.EPERM, () -> vm.setIoRequestPage(pageMemory));
    }

    @Test
    @DisplayName("HSM-IOREQ-02 registering a page makes all slots FREE")
    void aNewPageIsFree() {
        page.state(7, IoRequestPage.PENDING);

        partition(1);

        for (int slot = 0; slot < IoRequestPage.SLOTS; slot++) {
            assertThat(page.state(slot)).isEqualTo(IoRequestPage.FREE);
        }
    }

    @Test
    @DisplayName("HSM-VM-06 a pause of a paused VM does nothing")
    void pausesTwice() {
        Partition vm = start(partition(1), COUNT);

        vm.pause();
        vm.pause();

        assertThat(vm.state()).isEqualTo(State.PAUSED);
        assertThat(written(0x80)).hasSameSizeAs(written(0x80));
    }

    @Test
    @DisplayName("HSM-VM-07 a reset of a running VM is EPERM; after a pause it gives CREATED")
    void resetsWhenPaused() {
        Partition vm = start(partition(1), COUNT);

        refuses(Errno.EPERM, vm::reset);
        vm.pause();
        vm.reset();

        assertThat(vm.state()).isEqualTo(State.CREATED);
    }

    @Test
    @DisplayName("after a reset it starts anew, in the same memory")
    void startsAnewAfterAReset() {
        Partition vm = start(partition(1), COUNT);
        counts(3);
        vm.pause();
        vm.reset();
        requests.clear();

        start(vm, COUNT);

        await("counts from one", () -> written(0x80).size() > 3);
        assertThat(written(0x80)).startsWith(1L, 2L, 3L);
    }

    @Test
    @DisplayName("HSM-VM-08 a running VM is not destroyed (EPERM) and stays usable")
    void isNotDestroyedWhileItRuns() {
        Partition vm = start(partition(1), COUNT);

        refuses(Errno.EPERM, vm::destroy);

        counts(10);
    }

    @Test
    @DisplayName("HSM-VM-09 pause and destroy end it; every later call that needs a VM is EPERM")
    void isDestroyedWhenPaused() {
        Partition vm = start(partition(1), COUNT);

        vm.pause();
        vm.destroy();

        assertThat(vm.state()).isEqualTo(State.POWERED_OFF);
        refuses(Errno.EPERM, vm::start);
        refuses(Errno.EPERM, vm::pause);
        refuses(Errno.EPERM, vm::reset);
        refuses(Errno.EPERM, vm::destroy);
        refuses(Errno.EPERM, () -> vm.finish(0));
        refuses(Errno.EPERM, () -> vm.setRegisters(0, protectedMode()));
    }

    @Test
    @DisplayName("it goes on after a pause from where it was, and time has stood still")
    void goesOnAfterAPause() {
        Partition vm = start(partition(1), COUNT);
        counts(10);

        vm.pause();
        int before = written(0x80).size();
        long time = vm.clock().nanos();
        assertThat(vm.clock().nanos()).isEqualTo(time);
        assertThat(written(0x80)).hasSize(before);
        vm.resume();

        counts(10);
        assertThat(written(0x80)).element(before).isEqualTo(before + 1L);
    }

    @Test
    @DisplayName("a request in flight stays in its slot over a pause, and is answered after it")
    void aRequestOutlivesAPause() {
        hold = true;
        Partition vm = start(partition(1), ONE);
        await("request", () -> page.state(0) == IoRequestPage.PROCESSING);

        vm.pause();
        complete(vm, 0, 0x77);
        hold = false;
        vm.resume();

        await("answer", () -> written(0x80).equals(List.of(0x77L)));
    }

    @Test
    @DisplayName("HSM-IOREQ-22 a reset makes all slots FREE")
    void aResetFreesTheSlots() {
        hold = true;
        Partition vm = start(partition(1), ONE);
        await("request", () -> page.state(0) == IoRequestPage.PROCESSING);

        vm.pause();
        vm.reset();

        assertThat(page.state(0)).isEqualTo(IoRequestPage.FREE);
    }

    @Test
    @DisplayName("HSM-REG-02 registers of a running VM are EPERM; HSM-REG-05 and so is a vCPU that is not there")
    void refusesRegistersAtTheWrongTime() {
        Partition vm = partition(1);

        refuses(Errno.EPERM, () -> vm.setRegisters(1, protectedMode()));
        refuses(Errno.EPERM, () -> vm.setRegisters(-1, protectedMode()));
        start(vm, COUNT);
        refuses(Errno.EPERM, () -> vm.setRegisters(0, protectedMode()));
    }

    @Test
    @DisplayName("HSM-REG-03 flags 0 become 2, and the bits 0x8D5 are cleared")
    void setsTheFlags() {
        assumeTrue(hypervisor().info().capabilities().contains(Capability.READ_REGISTERS));
        Partition vm = partition(1);

        vm.setRegisters(0, withFlags(0));
        assertThat(vm.registers(0)).containsEntry("RFLAGS", 2L);
        vm.setRegisters(0, withFlags(0xFD7));
        assertThat(vm.registers(0)).containsEntry("RFLAGS", 0x702L);
    }

    private VcpuState withFlags(long flags) {
        var base = protectedMode();
        return new VcpuState(base.general(), base.rip(), flags, base.cr0(), 0, 0, 0, 0, -1,
                base.csAttributes(), base.selectors(), base.gdtBase(), base.gdtLimit(), base.idtBase(),
                base.idtLimit());
    }

    @Test
    @DisplayName("HSM-REG-04 PG without PE, and a reserved bit of CR4, are EPERM")
    void refusesIllegalControlRegisters() {
        Partition vm = partition(1);
        var base = protectedMode();

        refuses(Errno.EPERM, () -> vm.setRegisters(0, withControl(base, 0x8000_0010L, 0)));
        refuses(Errno.EPERM, () -> vm.setRegisters(0, withControl(base, 0x11, 1L << 40)));
    }

    private static VcpuState withControl(VcpuState base, long cr0,
            long cr4) {
        return new VcpuState(base.general(), base.rip(), 0, cr0, 0, cr4, 0, 0, -1,
                base.csAttributes(), base.selectors(), base.gdtBase(), base.gdtLimit(), base.idtBase(),
                base.idtLimit());
    }

    @Test
    @DisplayName("an empty batch of regions is EPERM; HSM-MEM-10 a size that is no multiple of 4 KiB is EINVAL")
    void checksRegions() {
        Partition vm = partition(1);

        refuses(Errno.EPERM, () -> vm.setRegions(List.of()));
        refuses(Errno.EINVAL, () -> vm.setRegions(List.of(Region.add(0x20_0000, ram, 0, 0x1800, Access.ALL))));
        refuses(Errno.EINVAL,
                () -> vm.setRegions(List.of(Region.add(0x20_0000, ram, 0, RAM_BYTES + 4096, Access.ALL))));
        refuses(Errno.EINVAL, () -> vm.setRegions(List.of(Region.add(1L << 48, ram, 0, 4096, Access.ALL))));
    }

    @Test
    @DisplayName("HSM-MEM-11 removing what is not mapped is EINVAL; HSM-MEM-13 earlier regions of the batch remain")
    void theFirstErrorOfABatchStops() {
        Partition vm = partition(1);

        refuses(Errno.EINVAL, () -> vm.setRegions(List.of(Region.add(0x20_0000, ram, 0x5000, 4096, Access.ALL),
                Region.remove(0x30_0000, 4096), Region.add(0x40_0000, ram, 0, 4096, Access.ALL))));

        vm.setRegions(List.of(Region.remove(0x20_0000, 4096)));
        refuses(Errno.EINVAL, () -> vm.setRegions(List.of(Region.remove(0x40_0000, 4096))));
    }
}

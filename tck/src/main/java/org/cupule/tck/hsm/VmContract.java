package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.ioreq.DefaultClient;
import org.cupule.hypervisor.HypervisorInfo.SlotProtocol;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.VcpuState;
import org.cupule.ram.Access;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a VM's life is like ({@code hsm.md} section 4). */
public abstract class VmContract extends HsmFixture {
    /** Only a contract. */
    protected VmContract() {
    }

    @Test
    @DisplayName("HSM-VM-01 a new VM has the id and the vCPUs that the hypervisor gave it")
    void createTellsIdAndVcpus() {
        assertThat(vm.vmid()).isEqualTo(partition.vmid());
        assertThat(vm.vcpuCount()).isEqualTo(VCPUS).isEqualTo(Long.bitCount(partition.creation().affinity()));
        assertThat(vm.state()).isEqualTo(State.CREATED);
    }

    @Test
    @DisplayName("HSM-VM-03 a creation that succeeds with the invalid id 0xFFFF is EINVAL")
    void invalidIdIsEinval() {
        hypervisor.forceVmid(0xFFFF);

        assertThatCode(Errno.EINVAL, () -> hsm.create(creation()));

        assertThat(hypervisor.partition().journal()).as("there is no VM to destroy").isEmpty();
        assertThat(hsm.machines()).containsExactly(vm);
    }

    @Test
    @DisplayName("HSM-VM-04 when the page is refused, creation is EINVAL and the hypervisor's VM is destroyed")
    void refusedPageIsEinval() {
        hypervisor.failPage(new HsmException(Errno.EFAULT, "setIoRequestPage", "as the test wants"));

        assertThatCode(Errno.EINVAL, () -> hsm.create(creation()));

        assertThat(hypervisor.partition().state()).isEqualTo(State.POWERED_OFF);
        assertThat(hsm.machines()).containsExactly(vm);
    }

    @Test
    @DisplayName("every failure of the hypervisor to create is EINVAL, with its sentence")
    void refusedCreationIsEinval() {
        hypervisor.failCreate(new HsmException(Errno.ENOTTY, "create", "no free slot"));

        assertThatCode(Errno.EINVAL, () -> hsm.create(creation()));
        assertThatThrownBy(() -> hsm.create(creation())).hasMessageContaining("no free slot");
    }

    @Test
    @DisplayName("a hypervisor that throws anything else while creating gives EINVAL too")
    void brokenHypervisorIsEinval() {
        hypervisor.failCreate(new IllegalStateException("broken"));

        assertThatCode(Errno.EINVAL, () -> hsm.create(creation()));
    }

    @Test
    @DisplayName("HSM-VM-05 starting twice: the second time EPERM")
    void secondStartIsEperm() {
        vm.start();

        assertThatCode(Errno.EPERM, vm::start);
        assertThat(vm.state()).isEqualTo(State.RUNNING);
    }

    @Test
    @DisplayName("HSM-VM-06 pausing a paused VM is no error")
    void secondPauseIsFine() {
        vm.start();
        vm.pause();
        vm.pause();

        assertThat(vm.state()).isEqualTo(State.PAUSED);
    }

    @Test
    @DisplayName("HSM-VM-07 reset of a running VM is EPERM; after a pause it goes to CREATED")
    void resetNeedsPause() {
        vm.start();
        assertThatCode(Errno.EPERM, vm::reset);
        assertThat(vm.state()).isEqualTo(State.RUNNING);

        vm.pause();
        vm.reset();
        assertThat(vm.state()).isEqualTo(State.CREATED);
        vm.start();
        assertThat(vm.state()).isEqualTo(State.RUNNING);
    }

    @Test
    @DisplayName("a VM goes on after a pause; resuming one that is not paused is EPERM")
    void resumeNeedsPause() {
        vm.start();
        assertThatCode(Errno.EPERM, vm::resume);
        vm.pause();
        vm.resume();

        assertThat(vm.state()).isEqualTo(State.RUNNING);
    }

    @Test
    @DisplayName("HSM-VM-08 destroy of a running VM is EPERM and the VM stays fully usable")
    void destroyOfRunningIsEperm() {
        vm.ioRequests().inlineDefault("bus", access -> 0x42);
        vm.memory().addRam(0, 4096, Access.ALL);
        vm.start();

        assertThatCode(Errno.EPERM, vm::destroy);

        assertThat(partition.in(0, 0x80, 1)).isEqualTo(0x42);
        assertThat(vm.memory().write(0, new byte[16], 0, 16)).isTrue();
        assertThat(hsm.machine(vm.vmid())).contains(vm);
        vm.pause();
        vm.destroy();
        assertThat(partition.state()).isEqualTo(State.POWERED_OFF);
    }

    @Test
    @DisplayName("HSM-VM-09 after pause and destroy every call but destroy and close is EINVAL")
    void destroyedVmAnswersEinval() {
        var memory = vm.memory();
        var requests = vm.ioRequests();
        var interrupts = vm.interrupts();
        vm.start();
        vm.pause();
        vm.destroy();

        List<ThrowingCallable> calls = List.of(vm::vmid, vm::name, vm::vcpuCount, vm::hypervisor, vm::state, vm::start,
                vm::pause, vm::resume, vm::reset, vm::memory, vm::ioRequests, vm::interrupts, vm::clock, vm::describe,
                vm::eventFds, vm::passthrough, vm::power, vm::snapshot, () -> vm.leaveBehind(Thread.currentThread()),
                () -> vm.registers(0), () -> vm.activity(0), () -> vm.setRegisters(0, powerOn()),
                () -> vm.onEvent(event -> {
                }), () -> memory.allocate(4096), () -> memory.read(0, new byte[1], 0, 1),
                () -> memory.write(0, new byte[1], 0, 1), () -> memory.load(0, new byte[1], 0, 1),
                () -> memory.unmapMmio(0, 4096), requests::clear, requests::createDefault,
                () -> requests.inline("late", access -> 0), () -> requests.threaded("late", access -> 0),
                () -> requests.inlineDefault("late", access -> 0), () -> requests.notifyFinished(0),
                () -> interrupts.line(1, 0), () -> interrupts.msi(new org.cupule.types.Msi(0xFEE00000L, 0x30)));
        assertThat(calls).allSatisfy(call -> assertThatCode(Errno.EINVAL, call));
    }

    @Test
    @DisplayName("HSM-VM-10 a second destroy, and a close after it, do nothing")
    void secondDestroyDoesNothing() {
        vm.destroy();
        vm.destroy();
        vm.close();

        assertThat(partition.journal().stream().filter("destroy"::equals)).hasSize(1);
    }

    @Test
    @DisplayName("HSM-VM-11 close of a running VM pauses it, destroys it and releases memory, clients and list entry")
    void closeReleasesAll() {
        var ram = vm.memory().addRam(0, 4096, Access.ALL);
        var page = partition.page().segment();
        vm.ioRequests().threaded("worker", access -> 0);
        vm.start();

        vm.close();

        assertThat(partition.state()).isEqualTo(State.POWERED_OFF);
        assertThat(ram.segment().scope().isAlive()).isFalse();
        assertThat(page.scope().isAlive()).isFalse();
        assertThat(hsm.machines()).isEmpty();
    }

    @Test
    @DisplayName("HSM-VM-12 LAPIC passthrough without the RT flag is EINVAL")
    void passthroughNeedsRt() {
        assertThatCode(Errno.EINVAL, () -> hsm.create(wish(1, PartitionCreation.LAPIC_PASSTHROUGH, false)));
    }

    @Test
    @DisplayName("HSM-VM-14 destroy: the hypervisor first, while all is there; then list, clients, page and RAM")
    void destroyKeepsItsOrder() {
        var ram = vm.memory().addRam(0, 4096, Access.ALL);
        vm.ioRequests().inline("device", access -> 0);
        vm.ioRequests().inlineDefault("bus", access -> 0);
        List<String> seen = new ArrayList<>();
        partition.onDestroy(() -> seen.add("listed " + hsm.machines().contains(vm) + ", clients "
                + vm.ioRequests().clients().size() + ", page " + partition.page().segment().scope().isAlive() + ", RAM "
                + ram.segment().scope().isAlive()));

        vm.close();

        assertThat(seen).containsExactly("listed true, clients 2, page true, RAM true");
        assertThat(hsm.machines()).isEmpty();
        assertThat(ram.segment().scope().isAlive()).isFalse();
    }

    @Test
    @DisplayName("a destroy that the hypervisor refuses releases nothing and can be repeated")
    void refusedDestroyReleasesNothing() {
        var ram = vm.memory().addRam(0, 4096, Access.ALL);
        partition.fail(new HsmException(Errno.ETIMEDOUT, "destroy", "as the test wants"));

        assertThatCode(Errno.ETIMEDOUT, vm::destroy);
        assertThat(ram.segment().scope().isAlive()).isTrue();
        assertThat(hsm.machines()).containsExactly(vm);

        partition.fail(null);
        vm.destroy();
        assertThat(ram.segment().scope().isAlive()).isFalse();
    }

    @Test
    @DisplayName("HSM-VM-15 more than 16 vCPUs are refused, wished for or made")
    void moreThanSixteenVcpusAreRefused() {
        assertThatCode(Errno.EINVAL, () -> hsm.create(wish(17, 0, false)));
        assertThatCode(Errno.EINVAL, () -> hsm.create(wish(0, 0, false)));
        hypervisor.forceVcpus(17);
        assertThatCode(Errno.EINVAL, () -> hsm.create(wish(16, 0, false)));

        assertThat(hypervisor.partitions()).hasSize(2);
        assertThat(hypervisor.partition().state()).isEqualTo(State.POWERED_OFF);
    }

    @Test
    @DisplayName("HSM-VM-15 sixteen vCPUs, and one, are a VM; what was made in vain is paused and destroyed")
    void oneToSixteenVcpusAreAVm() {
        hsm.create(wish(16, 0, false)).close();
        hsm.create(wish(1, 0, false)).close();
        hypervisor.forceVcpus(-1);
        hypervisor.failPage(new HsmException(Errno.EPERM, "page", "as the test wants"));
        assertThatCode(Errno.EINVAL, () -> hsm.create(wish(1, 0, false)));

        assertThat(hypervisor.partition().journal()).contains("pause", "destroy");
    }

    @Test
    @DisplayName("HSM-IOREQ-02 a new VM's sixteen slots are FREE")
    void newSlotsAreFree() {
        for (int slot = 0; slot < IoRequestPage.SLOTS; slot++) {
            assertThat(partition.page().state(slot)).isEqualTo(IoRequestPage.FREE);
        }
        assertThat(partition.page().segment().address() % 4096).isZero();
    }

    @Test
    @DisplayName("HSM-DEV-05 two VMs are independent")
    void twoVmsAreIndependent() {
        VirtualMachine other = hsm.create(creation());
        vm.ioRequests().inlineDefault("bus", access -> 1);
        other.ioRequests().inlineDefault("bus", access -> 2);
        vm.start();
        other.start();

        assertThat(partition.in(0, 0x10, 4)).isEqualTo(1);
        assertThat(hypervisor.partition().in(0, 0x10, 4)).isEqualTo(2);
        vm.close();
        assertThat(hypervisor.partition().in(0, 0x10, 4)).isEqualTo(2);
        assertThat(hsm.machines()).containsExactly(other);
        other.close();
    }

    @Test
    @DisplayName("the newest VM is listed first")
    void newestIsFirst() {
        VirtualMachine newer = hsm.create(creation());

        assertThat(hsm.machines()).containsExactly(newer, vm);
        newer.close();
    }

    @Test
    @DisplayName("a hypervisor is chosen by name; one that is not there is ENODEV")
    void hypervisorIsChosenByName() {
        FakeHypervisor other = new FakeHypervisor("other", SlotProtocol.RAW);
        var both = hsm(List.of(hypervisor.offered(), other));

        VirtualMachine made = both.create(on("other"));

        assertThat(made.hypervisor().name()).isEqualTo("other");
        assertThat(both.hypervisors()).extracting("name").containsExactly("fake", "other");
        assertThatCode(Errno.ENODEV, () -> both.create(on("missing")));
        assertThatCode(Errno.ENODEV, () -> hsm(List.of()).create(creation()));
        made.close();
    }

    private static VmCreation on(String hypervisor) {
        return new VmCreation("named", hypervisor, 1, 0, Behaviour.X86, false, false, Map.of());
    }

    @Test
    @DisplayName("a wish that the hypervisor cannot meet is EINVAL")
    void unmetWishIsEinval() {
        assertThatCode(Errno.EINVAL,
                () -> hsm.create(new VmCreation("t", "", 1, 0, Behaviour.X86, true, false, Map.of())));
        assertThatCode(Errno.EINVAL, () -> hsm.create(wish(1, PartitionCreation.SERVICE_VM, false)));
        assertThatCode(Errno.EINVAL,
                () -> hsm.create(new VmCreation("t", "", 2, 0b111, 0, Behaviour.X86, false, false, Map.of())));
        assertThatCode(Errno.EINVAL,
                () -> hsm.create(new VmCreation("t", "", 0, 0b1, 0, Behaviour.X86, false, false, Map.of())));
        assertThat(hypervisor.partitions()).hasSize(1);
    }

    @Test
    @DisplayName("the wish reaches the hypervisor as it is")
    void wishReachesHypervisor() {
        hsm.create(new VmCreation("named", "fake", 3, PartitionCreation.RT, Behaviour.ACRN, false, true,
                Map.of("ept", "four-level")));

        assertThat(hypervisor.partition().creation()).isEqualTo(new PartitionCreation("named", 0b111,
                PartitionCreation.RT, Behaviour.ACRN, false, true, Map.of("ept", "four-level")));
    }

    @Test
    @DisplayName("HSM-REG-02 HSM-REG-05 registers of a running VM, or of a vCPU that is not there, are EPERM")
    void registersNeedStandingVm() {
        vm.setRegisters(0, powerOn());
        assertThatCode(Errno.EPERM, () -> vm.setRegisters(VCPUS, powerOn()));
        vm.start();
        assertThatCode(Errno.EPERM, () -> vm.setRegisters(0, powerOn()));
    }

    @Test
    @DisplayName("events reach every listener, even when one of them throws")
    void eventsReachListeners() {
        List<PartitionEvent> heard = new ArrayList<>();
        vm.onEvent(event -> {
            throw new IllegalStateException("listener");
        });
        vm.onEvent(heard::add);

        partition.tell(new PartitionEvent.Stopped("no EPT"));

        assertThat(heard).containsExactly(new PartitionEvent.Stopped("no EPT"));
    }

    @Test
    @DisplayName("HSM-IOREQ-13 destroying a VM ends the wait of an attached thread with ENODEV")
    void destroyWakesAttached() throws InterruptedException {
        DefaultClient client = vm.ioRequests().createDefault();
        Waiter waiter = Waiter.attach(client);

        vm.close();

        assertThat(waiter.outcome()).isEqualTo("ENODEV");
    }

    private static VcpuState powerOn() {
        return new VcpuState(new long[16], 0xFFF0, 0, 0x30, 0, 0, 0, 0xFFFF0000L, 0xFFFF, 0x9B, new int[]{0xF000}, 0,
                0xFFFF, 0, 0xFFFF);
    }

    private static void assertThatCode(Errno errno, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(HsmException.class,
                failure -> assertThat(failure.errno()).isEqualTo(errno));
    }
}

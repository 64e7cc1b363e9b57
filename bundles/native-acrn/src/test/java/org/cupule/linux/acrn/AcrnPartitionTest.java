package org.cupule.linux.acrn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.abi.IoctlNumber;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.Region;
import org.cupule.hypervisor.VcpuState;
import org.cupule.ram.Access;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the backend owes the driver: the order in which a VM is taken apart, and errors that change nothing. */
class AcrnPartitionTest {
    private static final int DEADLINE_SECONDS = 60;
    private static final int PORT = 0x510;

    private final FakeHypervisor below = new FakeHypervisor();
    private final TwinDriver driver = new TwinDriver(List.of(below));
    private final HypervisorServiceModule hsm = Above.hsm(Above.acrn(driver, 200));
    private final VirtualMachine vm = hsm.create(wish());

    private static VmCreation wish() {
        return new VmCreation("vm", "acrn", 2, 0, Behaviour.ACRN, false, false, Map.of());
    }

    private static void await(String what, BooleanSupplier holds) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - until > 0) {
                throw new AssertionError("not within " + DEADLINE_SECONDS + " s: " + what);
            }
            Thread.yield();
        }
    }

    private static void assertErrno(Errno errno, ThrowingCallable call) {
        assertThatExceptionOfType(HsmException.class).isThrownBy(call).extracting(HsmException::errno)
                .isEqualTo(errno);
    }

    private static void startAndWait(TwinDriver driver, VirtualMachine vm) {
        vm.start();
        await("a thread in ATTACH", () -> driver.attached() == 1);
    }

    @AfterEach
    void nothingIsLeft() {
        driver.heal();
        driver.deaf(false);
        hsm.machines().forEach(VirtualMachine::close);
        assertThat(driver.hazards()).isEmpty();
        assertThat(driver.openFiles()).isZero();
        await("nobody in ATTACH", () -> driver.attached() == 0);
        assertThat(below.partitions()).allSatisfy(
                partition -> assertThat(partition.state()).isEqualTo(State.POWERED_OFF));
    }

    @Test
    void anIdleVmHasNoThread() {
        assertThat(driver.asked()).containsExactly(IoctlNumber.CREATE_VM);
        assertThat(vm.describe()).anySatisfy(line -> assertThat(line).contains("nobody waits in it"));
    }

    @Test
    void theThreadIsOutBeforeTheVmIsDestroyed() {
        startAndWait(driver, vm);

        vm.close();

        assertThat(driver.asked()).containsSubsequence(IoctlNumber.CREATE_IOREQ_CLIENT, IoctlNumber.START_VM,
                IoctlNumber.PAUSE_VM, IoctlNumber.DESTROY_VM);
    }

    @RepeatedTest(100)
    void destructionNeverMeetsASleeper() {
        vm.ioRequests().inlineDefault("bus", access -> 1);
        vm.start();
        AtomicBoolean over = new AtomicBoolean();
        Thread guest = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                below.partition().guarded(() -> below.partition().in(1, PORT, 4));
            }
        });

        vm.pause();
        over.set(true);
        vm.destroy();

        await("the guest's end", () -> !guest.isAlive());
        assertThat(driver.hazards()).isEmpty();
    }

    @Test
    void aSleeperThatDoesNotLeaveKeepsVmAndFile() {
        startAndWait(driver, vm);
        vm.pause();
        driver.deaf(true);

        assertThatExceptionOfType(HsmException.class).isThrownBy(vm::destroy).withMessageContaining("has not come back")
                .extracting(HsmException::errno).isEqualTo(Errno.EBUSY);

        assertThat(driver.openFiles()).isOne();
        assertThat(driver.asked()).doesNotContain(IoctlNumber.DESTROY_VM);
        assertThat(vm.state()).isEqualTo(State.PAUSED);
    }

    @Test
    void itIsDestroyedOnceTheSleeperHasLeft() {
        startAndWait(driver, vm);
        vm.pause();
        driver.deaf(true);
        assertErrno(Errno.EBUSY, vm::destroy);

        driver.deaf(false);
        vm.destroy();

        assertThat(driver.openFiles()).isZero();
    }

    @Test
    void aVmThatCouldNotBeDestroyedServesItsGuestAgain() {
        vm.ioRequests().inlineDefault("bus", access -> 7);
        startAndWait(driver, vm);
        vm.pause();
        driver.fail(IoctlNumber.DESTROY_VM, Errno.EPERM);
        assertErrno(Errno.EPERM, vm::destroy);
        driver.heal();
        vm.reset();
        vm.start();

        assertThat(below.partition().in(0, PORT, 4)).isEqualTo(7);
    }

    @Test
    void aRunningVmIsNotDestroyed() {
        startAndWait(driver, vm);

        assertErrno(Errno.EPERM, vm::destroy);

        assertThat(driver.attached()).isOne();
        assertThat(driver.asked()).doesNotContain(IoctlNumber.DESTROY_VM);
    }

    @Test
    void oneFileNeverGetsASecondVm() {
        vm.close();
        hsm.create(wish()).close();

        assertThat(driver.asked()).containsExactly(IoctlNumber.CREATE_VM, IoctlNumber.PAUSE_VM, IoctlNumber.DESTROY_VM,
                IoctlNumber.CREATE_VM, IoctlNumber.PAUSE_VM, IoctlNumber.DESTROY_VM);
        assertThat(driver.opened()).isEqualTo(2);
    }

    @Test
    void aStartThatIsRefusedLeavesNoClient() {
        driver.fail(IoctlNumber.START_VM, Errno.EPERM);
        assertErrno(Errno.EPERM, vm::start);

        assertThat(driver.asked()).endsWith(IoctlNumber.DESTROY_IOREQ_CLIENT);
        assertThat(vm.state()).isEqualTo(State.CREATED);
        driver.heal();
        startAndWait(driver, vm);
    }

    @Test
    void aCreationThatIsRefusedLeavesNoFile() {
        driver.fail(IoctlNumber.CREATE_VM, Errno.EINVAL);

        assertErrno(Errno.EINVAL, () -> hsm.create(wish()));

        assertThat(driver.openFiles()).isOne();
        assertThat(hsm.machines()).containsExactly(vm);
    }

    private interface Call {
        void on(VirtualMachine vm);
    }

    static Stream<Arguments> calls() {
        VcpuState registers = new VcpuState(new long[16], 0, 2, 0x30, 0, 0, 0, 0, 0, 0, new int[8], 0, 0, 0, 0);
        return Stream.of(call(IoctlNumber.START_VM, VirtualMachine::start),
                call(IoctlNumber.CREATE_IOREQ_CLIENT, VirtualMachine::start),
                call(IoctlNumber.PAUSE_VM, VirtualMachine::pause), call(IoctlNumber.PAUSE_VM, VirtualMachine::destroy),
                call(IoctlNumber.SET_VCPU_REGS, vm -> vm.setRegisters(0, registers)),
                call(IoctlNumber.INJECT_MSI, vm -> vm.interrupts().msi(new Msi(0xFEE0_0000L, 0x40))),
                call(IoctlNumber.SET_IRQLINE, vm -> vm.interrupts().line(4, 0)),
                call(IoctlNumber.VM_INTR_MONITOR, vm -> vm.interrupts().counts()),
                call(IoctlNumber.SET_MEMSEG, vm -> vm.memory().addRam(0, 4096, Access.ALL)),
                call(IoctlNumber.PM_GET_CPU_STATE, vm -> vm.power().cpuState((long) vm.vmid() << 24 | 2)));
    }

    private static Arguments call(IoctlNumber command, Call call) {
        return Arguments.of(command, call);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("calls")
    void theDriversErrorNumberArrivesAndNothingChanges(IoctlNumber command, Call call) {
        driver.fail(command, Errno.EFAULT);

        assertErrno(Errno.EFAULT, () -> call.on(vm));

        assertThat(vm.state()).isEqualTo(State.CREATED);
        assertThat(vm.memory().mappings()).isEmpty();
        assertThat(driver.attached()).isZero();
        driver.heal();
        startAndWait(driver, vm);
    }

    @Test
    void theEndOfTheHsmDestroysItsVms() {
        startAndWait(driver, vm);

        ((org.cupule.hsm.impl.RoutingHsm) hsm).deactivate();

        assertThat(driver.openFiles()).isZero();
    }

    @Test
    void requestsOfTheDriversOwnClientsAreLeftAlone() {
        vm.ioRequests().inlineDefault("bus", access -> 7);
        startAndWait(driver, vm);
        var partition = below.partition();
        partition.page().kernelHandled(0, true);
        partition.page().state(0, org.cupule.abi.IoRequestPage.PROCESSING);

        assertThat(partition.in(1, PORT, 4)).isEqualTo(7);

        assertThat(partition.page().state(0)).isEqualTo(org.cupule.abi.IoRequestPage.PROCESSING);
        partition.page().state(0, org.cupule.abi.IoRequestPage.FREE);
    }

    @Test
    void aSlowClientHoldsUpNoOtherVcpu() throws InterruptedException {
        CountDownLatch go = new CountDownLatch(1);
        vm.ioRequests().threaded("slow", access -> {
            try {
                go.await();
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
            return 1;
        }).add(IoRange.ports(PORT, 4));
        vm.ioRequests().inlineDefault("bus", access -> 2);
        startAndWait(driver, vm);
        var partition = below.partition();
        partition.post(0, org.cupule.abi.IoRequestPage.PORTIO, false, PORT, 4, 0);

        for (int i = 0; i < 100; i++) {
            assertThat(partition.in(1, PORT + 4, 4)).isEqualTo(2);
        }

        go.countDown();
        assertThat(partition.take(0)).isEqualTo(1);
    }

    @Test
    void aDriverThatHandsOutNoMoreIsToldOf() {
        var told = new java.util.concurrent.CopyOnWriteArrayList<String>();
        vm.onEvent(event -> told.add(event.toString()));
        driver.fail(IoctlNumber.ATTACH_IOREQ_CLIENT, Errno.EIO);

        vm.start();

        await("the event", () -> !told.isEmpty());
        assertThat(told).singleElement().asString().contains("hands out no more I/O requests");
    }

    @Test
    void ramIsHandedOverByItsAddressHereInOnePiece() {
        var ram = vm.memory().addRam(0x10_0000, 0x8000, Access.READ | Access.EXECUTE);

        assertThat(driver.memory()).containsExactly(
                "type 0 attr 0x45 gpa 0x100000 from 0x%x len 0x8000".formatted(ram.segment().address()));
    }

    @Test
    void neighboursAreJoinedAgain() {
        var ram = vm.memory().allocate(0x8000);
        var partition = new AcrnMemory(HsmFile.open(driver));
        assertErrno(Errno.EINVAL, () -> partition.set(List.of(Region.add(0x1000, ram, 0, 0x1000, Access.ALL),
                Region.add(0x2000, ram, 0x1000, 0x3000, Access.ALL), Region.add(0x5000, ram, 0x5000, 0x1000, 7))));

        assertThat(driver.memory()).containsExactly(
                "type 0 attr 0x47 gpa 0x1000 from 0x%x len 0x4000".formatted(ram.segment().address()));
        driver.forgetOpen();
    }

    @Test
    void deviceMemoryIsHandedOverByItsPhysicalAddress() {
        vm.memory().mapHostMmio(0xF000_0000L, 0xFD00_0000L, 0x2000, Access.READ | Access.WRITE);
        vm.memory().unmapMmio(0xF000_0000L, 0x2000);

        assertThat(driver.memory()).containsExactly("type 1 attr 0x103 gpa 0xf0000000 from 0xfd000000 len 0x2000",
                "type 1 attr 0x0 gpa 0xf0000000 from 0x0 len 0x2000");
        assertThat(vm.memory().mappings()).isEmpty();
    }

    @Test
    void deviceMemoryThatAcrnRefusesIsNotMapped() {
        driver.fail(IoctlNumber.SET_MEMSEG, Errno.EINVAL);

        assertErrno(Errno.EINVAL, () -> vm.memory().mapHostMmio(0xF000_0000L, 0xFD00_0000L, 0x2000, Access.ALL));

        assertThat(vm.memory().mappings()).isEmpty();
        assertThat(vm.memory().read(0xF000_0000L, new byte[1], 0, 1)).isFalse();
    }

    @Test
    void memoryOfThisProcessIsNoDeviceMemory() {
        var ram = vm.memory().allocate(0x1000);

        assertErrno(Errno.EOPNOTSUPP, () -> vm.memory().mapMmio(0xF000_0000L, ram, 0, 0x1000, Access.ALL));
    }

    @Test
    void whatAcrnCannotDoIsASentence() {
        assertThatExceptionOfType(HsmException.class).isThrownBy(() -> vm.registers(0))
                .withMessageContaining("ACRN tells nobody the registers");
        assertThatExceptionOfType(HsmException.class).isThrownBy(vm::resume)
                .withMessageContaining("no call that lets a paused VM go on");
        assertThat(vm.snapshot().obstacles()).anySatisfy(line -> assertThat(line).contains("snapshot"));
    }
}

package org.cupule.linux.acrn;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.LinkedBlockingQueue;
import org.cupule.abi.HypercallId;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hsm.power.Power;
import org.cupule.hypervisor.InterruptRemap;
import org.cupule.hypervisor.MmioAssignment;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.PciAssignment;
import org.cupule.hypervisor.ServiceCpu;
import org.cupule.hypervisor.Upcall;
import org.cupule.hypervisor.VcpuState;
import org.cupule.hypervisor.VirtualDevice;
import org.cupule.rig.guest.Soon;
import org.cupule.rig.guest.StandIn;
import org.cupule.rig.guest.VmStat;
import org.cupule.types.Bdf;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Each hypercall fails in turn: its error arrives in the exception, the VM is as it was, nothing is left behind.
 * {@link FailedCalls} says which are tested here and why the others cannot be.
 */
class FailureClaims {
    private static final List<HypercallId> ON_A_VM = FailedCalls.ON_A_VM;
    private static final int TIMED_OUT = -Errno.ETIMEDOUT.number();
    private static final int ACCESS_ALL = 7;
    private static final int READ = 0;
    private static final int PORT = 0;
    private static final int PAGE = 4096;
    private static final VcpuState REGISTERS = new VcpuState(new long[16], 0xFFF0, 0, 0x30, 0, 0, 0, 0, 0xFFFF, 0x9B,
            new int[8], 0, 0xFFFF, 0, 0xFFFF);
    private static final PartitionCreation CREATION = new PartitionCreation("rig", 0b11, 0, Behaviour.ACRN, false,
            false, Map.of());
    private static final Bdf FUNCTION = Bdf.parse("00:05.0");
    private static final PciAssignment PCI = PciAssignment.of(FUNCTION, FUNCTION, 1);
    private static final MmioAssignment MMIO = new MmioAssignment("tpm",
            List.of(new MmioAssignment.Resource(0xFED4_0000L, 0xFED4_0000L, PAGE, 0)));
    private static final VirtualDevice SERIAL = VirtualDevice.of(0x9710, 0x9900, 0x38, "");
    private static final InterruptRemap REMAP = new InterruptRemap(InterruptRemap.INTX, FUNCTION, FUNCTION, 20, 10,
            false);

    private final Arena arena = Arena.ofShared();
    private RoutingHsm hsm;

    @BeforeEach
    void begin() {
        StandIn.command("reset");
        hsm = OnAcrn.hsm();
    }

    @AfterEach
    void end() {
        StandIn.command("fail 0 0 0");
        hsm.machines().forEach(VirtualMachine::close);
        arena.close();
        assertThat(StandIn.counts()[2]).as("VMs that live on").isZero();
    }

    /** {@return what a call failed with; nothing when it did not} */
    private static Optional<Errno> errno(Runnable call) {
        try {
            call.run();
        } catch (HsmException failure) {
            return Optional.of(failure.errno());
        }
        return Optional.empty();
    }

    private static void fail(HypercallId call, int result) {
        StandIn.fail(call.number(), result, 1);
    }

    @ParameterizedTest(name = "HSM-VM-03 HSM-VM-04 a creation of which hypercall {0} fails leaves nothing behind")
    @EnumSource(value = HypercallId.class, names = {"CREATE_VM", "SET_IOREQ_BUFFER"})
    void creationFails(HypercallId call) {
        OnAcrn.create(hsm).close();
        long pinned = VmStat.pinned();
        long descriptors = VmStat.descriptors();
        fail(call, TIMED_OUT);
        assertThat(errno(() -> OnAcrn.create(hsm))).contains(Errno.EINVAL);
        assertThat(hsm.machines()).isEmpty();
        assertThat(VmStat.pinned()).isEqualTo(pinned);
        assertThat(VmStat.descriptors()).isEqualTo(descriptors);
        StandIn.command("reset"); // after the page was refused the driver itself leaves a VM (hsm.md 4.3)
    }

    @ParameterizedTest(name = "HSM-HC-05 where hypercall {0} fails its error arrives, the VM is as it was, nothing is pinned")
    @FieldSource("ON_A_VM")
    void callFails(HypercallId call) {
        VirtualMachine vm = OnAcrn.create(hsm);
        Runnable action = action(vm, call);
        State before = vm.state();
        long[] below = StandIn.state(vm.vmid());
        var devices = vm.passthrough().devices();
        long pinned = VmStat.pinned();
        long descriptors = VmStat.descriptors();
        fail(call, TIMED_OUT);

        assertThat(errno(action)).contains(Errno.ETIMEDOUT);

        assertThat(vm.state()).isEqualTo(before);
        assertThat(StandIn.state(vm.vmid())).isEqualTo(below);
        assertThat(vm.passthrough().devices()).isEqualTo(devices);
        assertThat(VmStat.pinned()).isEqualTo(pinned);
        assertThat(VmStat.descriptors()).isEqualTo(descriptors);
        assertThat(errno(action)).as("once more").isEqualTo(onceMore(call));
    }

    /** The stand-in has no devices to give: it refuses those itself (as ACRN does what it does not know). */
    private static Optional<Errno> onceMore(HypercallId call) {
        return switch (call) {
            case SET_PTDEV_INTR, RESET_PTDEV_INTR -> Optional.of(Errno.EPERM);
            case ASSIGN_PCIDEV, DEASSIGN_PCIDEV -> Optional.of(Errno.ENODEV);
            default -> Optional.empty();
        };
    }

    private static Runnable action(VirtualMachine vm, HypercallId call) {
        return switch (call) {
            case START_VM -> vm::start;
            case PAUSE_VM -> {
                vm.start();
                yield vm::pause;
            }
            case RESET_VM -> {
                vm.start();
                vm.pause();
                yield vm::reset;
            }
            case DESTROY_VM -> {
                vm.start();
                vm.pause();
                yield vm::destroy;
            }
            case SET_VCPU_REGS -> () -> vm.setRegisters(0, REGISTERS);
            case INJECT_MSI -> () -> vm.interrupts().msi(new Msi(0xFEE0_0000L, 0x31));
            case VM_INTR_MONITOR -> () -> vm.interrupts().delay(1);
            case SET_IRQLINE -> () -> vm.interrupts().line(5, 0);
            case SET_MEMORY_REGIONS -> () -> vm.memory().addRam(0x10_0000, 0x4000, ACCESS_ALL);
            case PM_GET_CPU_STATE -> () -> vm.power().cpuState(Power.command(vm.vmid(), 0, 0, Power.CX_COUNT));
            default -> onDevice(vm, call);
        };
    }

    private static Runnable onDevice(VirtualMachine vm, HypercallId call) {
        return switch (call) {
            case SET_PTDEV_INTR -> () -> vm.passthrough().setInterrupt(REMAP);
            case RESET_PTDEV_INTR -> () -> vm.passthrough().resetInterrupt(REMAP);
            case ASSIGN_PCIDEV -> () -> vm.passthrough().assign(PCI);
            case DEASSIGN_PCIDEV -> () -> vm.passthrough().deassign(PCI);
            case ASSIGN_MMIODEV -> () -> vm.passthrough().assign(MMIO);
            case DEASSIGN_MMIODEV -> {
                vm.passthrough().assign(MMIO);
                yield () -> vm.passthrough().deassign(MMIO);
            }
            case CREATE_VDEV -> () -> vm.passthrough().create(SERIAL);
            case DESTROY_VDEV -> {
                vm.passthrough().create(SERIAL);
                yield () -> vm.passthrough().destroy(SERIAL);
            }
            default -> throw new AssertionError(call + " has no test");
        };
    }

    @Test
    @DisplayName("HSM-HC-05 HSM-CPU-03 where a processor is not taken its error arrives, and it is on line as before")
    void processorStays() {
        List<ServiceCpu> before = hsm.serviceVm("").cpus();
        fail(HypercallId.OFFLINE_SERVICE_VM_CPU, TIMED_OUT);
        assertThat(errno(() -> hsm.serviceVm("").removeCpu("1"))).contains(Errno.ETIMEDOUT);
        assertThat(hsm.serviceVm("").cpus()).isEqualTo(before);
    }

    @Test
    @DisplayName("HSM-HC-05 where a notice fails its error arrives, other vCPUs are served on, and a reset mends the one")
    void noticeFails() {
        var requests = new LinkedBlockingQueue<Integer>();
        MemorySegment memory = arena.allocate(PAGE, PAGE);
        var page = new IoRequestPage(memory);
        Partition partition = OnAcrn.hypervisor().createWithPage(CREATION, new Listed(requests), memory);
        try {
            partition.start();
            StandIn.post(partition.vmid(), 0, PORT, READ, 0x60, 1, 0);
            Soon.until(() -> requests.contains(0));
            fail(HypercallId.NOTIFY_REQUEST_FINISH, TIMED_OUT);

            assertThat(errno(() -> partition.finish(0))).contains(Errno.ETIMEDOUT);

            assertThat(partition.state()).isEqualTo(State.RUNNING);
            StandIn.post(partition.vmid(), 1, PORT, READ, 0x60, 1, 0);
            Soon.until(() -> requests.contains(1));
            page.value(1, 7);
            partition.finish(1);
            assertThat(StandIn.take(partition.vmid(), 1)).isEqualTo(7);
            partition.pause();
            partition.reset();
            assertThat(page.state(0)).isEqualTo(IoRequestPage.FREE);
        } finally {
            partition.pause();
            partition.destroy();
        }
    }

    /** Who hears of requests and does nothing. */
    private record Listed(Queue<Integer> requests) implements Upcall {
        @Override
        public void request(int vcpu) {
            requests.add(vcpu);
        }

        @Override
        public void event(PartitionEvent event) {
            throw new AssertionError(event);
        }
    }
}

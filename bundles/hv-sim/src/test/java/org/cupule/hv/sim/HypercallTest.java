package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.cupule.hv.sim.FakeCpu.back;
import static org.cupule.hv.sim.FakeCpu.cpuid;
import static org.cupule.hv.sim.FakeCpu.either;
import static org.cupule.hv.sim.FakeCpu.hlt;
import static org.cupule.hv.sim.FakeCpu.hypercall;
import static org.cupule.hv.sim.FakeCpu.nop;
import static org.cupule.hv.sim.FakeCpu.out;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.cupule.abi.AcrnCstateData;
import org.cupule.abi.AcrnVcpuRegs;
import org.cupule.abi.AcrnVmCreation;
import org.cupule.abi.HypercallId;
import org.cupule.abi.HypercallIntrMonitor;
import org.cupule.abi.HypercallMemoryBatch;
import org.cupule.abi.HypercallMemoryRegion;
import org.cupule.abi.IoRequestPage;
import org.cupule.hardware.CpuExit;
import org.cupule.hardware.Register;
import org.cupule.hv.sim.FakeCpu.Op;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.types.Behaviour;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hypercalls of a scripted Service VM, register by register. */
class HypercallTest {
    private static final long CREATION = 0x1000;
    private static final long REGISTERS = 0x2000;
    private static final long BATCH = 0x3000;
    private static final long REGIONS = 0x3100;
    private static final long PAGE_NUMBER = 0x4000;
    private static final long PAGE = 0x5000;
    private static final long USER_RAM = 0x10000;
    private static final long UNMAPPED = 0x4000_0000;

    private static Rig serviceVm(List<Op> script) {
        return new Rig(FakeCpu.factory(List.of(script)),
                Rig.creation(1, Behaviour.ACRN, false, PartitionCreation.SERVICE_VM));
    }

    private static long id(HypercallId id) {
        return id.number() & 0xFFFF_FFFFL;
    }

    private static Op call(HypercallId id, long rdi, long rsi) {
        return hypercall(id(id), rdi, rsi);
    }

    /** Runs calls, and gives what each of them answered. */
    private static List<Long> answers(Rig rig) {
        rig.started();
        Rig.await("halted", () -> rig.vm.activity(0).equals("halted"));
        return rig.cpu(0).answers;
    }

    private static List<Long> answersOf(Op... calls) {
        var script = new ArrayList<>(List.of(calls));
        script.add(hlt());
        script.add(back(1)); // an interrupt may come after the first HLT
        try (var rig = serviceVm(script)) {
            fill(rig);
            return List.copyOf(answers(rig));
        }
    }

    /** The structures that the calls refer to. */
    private static void fill(Rig rig) {
        var creation = new AcrnVmCreation(at(rig, CREATION, AcrnVmCreation.LAYOUT.byteSize()));
        creation.uuid("user".getBytes());
        creation.cpuAffinity(1);
        new AcrnVcpuRegs(at(rig, REGISTERS, AcrnVcpuRegs.LAYOUT.byteSize())).regs().cr0(0x30);
        var batch = new HypercallMemoryBatch(at(rig, BATCH, HypercallMemoryBatch.LAYOUT.byteSize()));
        batch.vmid(1);
        batch.count(1);
        batch.array(REGIONS);
        region(rig, 0, HypercallMemoryRegion.ADD, 0, USER_RAM, 0x10000);
        rig.ram.segment().set(ValueLayout.JAVA_LONG, PAGE_NUMBER, PAGE);
    }

    private static void region(Rig rig, int index, int type, long gpa, long serviceGpa, long size) {
        var region = new HypercallMemoryRegion(
                at(rig, REGIONS + 32L * index, HypercallMemoryRegion.LAYOUT.byteSize()));
        region.type(type);
        region.prot(0x47);
        region.gpa(gpa);
        region.serviceGpa(serviceGpa);
        region.size(size);
    }

    private static MemorySegment at(Rig rig, long gpa, long bytes) {
        return rig.ram.segment().asSlice(gpa, bytes);
    }

    private static final Op CREATE = call(HypercallId.CREATE_VM, CREATION, 0);
    private static final Op MEMORY = call(HypercallId.SET_MEMORY_REGIONS, BATCH, 0);
    private static final Op SET_PAGE = call(HypercallId.SET_IOREQ_BUFFER, 1, PAGE_NUMBER);
    private static final Op START = call(HypercallId.START_VM, 1, 0);
    private static final Op PAUSE = call(HypercallId.PAUSE_VM, 1, 0);
    private static final Op DESTROY = call(HypercallId.DESTROY_VM, 1, 0);

    @Test
    @DisplayName("HSM-CPUID-02 the privileged bit of leaf 0x40000001 is set for a Service VM; the TSC's kHz are told")
    void serviceVmIsPrivileged() {
        assertThat(answersOf(cpuid(0x4000_0000), cpuid(0x4000_0001), cpuid(0x4000_0010))).containsExactly(
                0x4000_0010L, 0x4E52_4341L, 0x4E52_4341L, 0x4E52_4341L, 1L, 0L, 0L, 0L, Vcpu.TSC_HERTZ / 1000, 0L, 0L,
                0L);
    }

    @Test
    @DisplayName("HSM-HC-01 the id comes from the low half of R8, arguments from RDI and RSI, RAX gets 64 bits with sign")
    void registersOfACall() {
        assertThat(
                answersOf(hypercall(0xFFFF_FFFF_0000_0000L | id(HypercallId.CREATE_VM), CREATION, 0), SET_PAGE, START,
                        call(HypercallId.START_VM, 2, 0)))
                .containsExactly(0L, 0L, 0L, -25L);
    }

    @Test
    @DisplayName("HSM-HC-03 VMCALL outside of ring 0 of a Service VM is #GP(0)")
    void ringThreeIsRefused() {
        try (var rig = serviceVm(List.of(cpu -> {
            cpu.register(Register.CR0, 0x11);
            cpu.register(Register.CS, 0x33);
            return -1;
        }, CREATE, hlt()))) {
            assertThat(answers(rig)).isEmpty();
            assertThat(rig.cpu(0).faults).containsExactly(13);
        }
    }

    @Test
    @DisplayName("HSM-HC-02 VMCALL of a User VM is #UD, also when a Service VM made it")
    void userVmHasNone() {
        try (var rig = serviceVm(List.of(either(CREATE, CREATE), SET_PAGE, START, hlt()))) {
            fill(rig);
            answers(rig);
            Rig.await("faults", () -> rig.cpus.made().size() == 2 && !rig.cpu(1).faults.isEmpty());
            assertThat(rig.cpu(1).faults.getFirst()).isEqualTo(6);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0x61, 0x62, 0x63, 0x70, 0x71, 0x72, 0x90, 0x91})
    @DisplayName("HSM-HC-04 ACRN's calls for debugging, trusty and TEE are -25, with a VM and without, and change nothing")
    void callsOfWhichOnlyTheNumberIsKnown(long n) {
        assertThat(HypercallId.of((int) (0x8000_0000L | n))).isEmpty();
        assertThat(answersOf(hypercall(0x8000_0000L | n, 1, CREATION), CREATE, hypercall(0x8000_0000L | n, 1, CREATION),
                hypercall(n, 0, 0), SET_PAGE, START)).containsExactly(-25L, 0L, -25L, -25L, 0L, 0L);
    }

    @ParameterizedTest
    @ValueSource(longs = {0x8000_0003L, 0x8000_0026L, 0x8000_0032L, 0x8000_0041L, 0x8000_0070L, 0x8000_00FFL})
    @DisplayName("HSM-HC-04 an unknown id, and one that this hypervisor has nothing for, is -25")
    void unknownIds(long id) {
        assertThat(answersOf(CREATE, hypercall(id, 1, 0))).containsExactly(0L, -25L);
    }

    @Test
    @DisplayName("HSM-HC-05 the generic failure is -1, EPERM: starting without a page, resetting what is not paused")
    void genericFailureIsMinusOne() {
        assertThat(answersOf(CREATE, START, call(HypercallId.RESET_VM, 1, 0),
                call(HypercallId.NOTIFY_REQUEST_FINISH, 1, 0))).containsExactly(0L, -1L, -1L, -1L);
    }

    @Test
    @DisplayName("only the low 8 bits of the id choose the call, but a VM is found by whole ids only")
    void prefixMattersForTargets() {
        assertThat(answersOf(hypercall(0x10, CREATION, 0), hypercall(0x13, 1, 0))).containsExactly(0L, -25L);
    }

    @Test
    @DisplayName("a structure that is not mapped is -22, and nothing happens")
    void unmappedStructures() {
        assertThat(answersOf(call(HypercallId.CREATE_VM, UNMAPPED, 0), call(HypercallId.CREATE_VM, 0xF_FFF0, 0),
                call(HypercallId.CREATE_VM, -8, 0), call(HypercallId.SET_MEMORY_REGIONS, UNMAPPED, 0), START))
                .containsExactly(-22L, -22L, -22L, -22L, -25L);
    }

    @Test
    @DisplayName("the creation tells id and number of vCPUs; ids are the Service VM's own and are used again")
    void idsAreRelative() {
        try (var rig = serviceVm(List.of(CREATE, CREATE, call(HypercallId.DESTROY_VM, 1, 0), CREATE, hlt()))) {
            fill(rig);
            assertThat(answers(rig)).containsOnly(0L);
            var creation = new AcrnVmCreation(at(rig, CREATION, AcrnVmCreation.LAYOUT.byteSize()));
            assertThat(creation.vmid()).isEqualTo(1);
            assertThat(creation.vcpuNum()).isEqualTo(1);
            assertThat(rig.hypervisor.targets()).extracting(target -> target.vmid()).contains(1, 2, 3)
                    .doesNotContain(4);
        }
    }

    @Test
    @DisplayName("a guest cannot wish for a Service VM of its own")
    void noServiceVmInAServiceVm() {
        try (var rig = serviceVm(List.of(either(CREATE, cpuid(0x4000_0001)), SET_PAGE, START, hlt()))) {
            fill(rig);
            new AcrnVmCreation(at(rig, CREATION, AcrnVmCreation.LAYOUT.byteSize())).vmFlag(-1L & ~(1L << 1));
            answers(rig);
            Rig.await("leaf", () -> rig.cpus.made().size() == 2 && rig.cpu(1).answers.size() == 4);
            assertThat(rig.cpu(1).answers.getFirst()).isZero();
        }
    }

    @Test
    @DisplayName("a request of the User VM is an edge interrupt 0xF3 at the first local APIC; NOTIFY lets it go on")
    void upcallAndNotify() {
        var served = new Object() {
            volatile Rig rig;
        };
        Op serve = nop(() -> {
            var page = new IoRequestPage(at(served.rig, PAGE, 4096));
            Rig.await("pending", () -> page.state(0) == IoRequestPage.PENDING);
            page.state(0, IoRequestPage.PROCESSING);
            page.state(0, IoRequestPage.COMPLETE);
        });
        try (var rig = serviceVm(List.of(either(CREATE, out(0x60, 1, 0x42)), either(SET_PAGE, hlt()), START, serve,
                call(HypercallId.NOTIFY_REQUEST_FINISH, 1, 0), hlt(), back(1)))) {
            served.rig = rig;
            fill(rig);
            assertThat(answers(rig)).containsExactly(0L, 0L, 0L, 0L);
            Rig.await("answered", () -> rig.cpu(1).answers.size() == 1);
            Rig.await("upcall", () -> rig.lapic(0).events.contains("accept f3"));
            var page = new IoRequestPage(at(rig, PAGE, 4096));
            assertThat(page.address(0)).isEqualTo(0x60);
            assertThat(page.value(0)).isEqualTo(0x42);
        }
    }

    @Test
    @DisplayName("HSM-IOREQ-25 a triple fault of a User VM asks its Service VM for power-off: 0x3400 to port 0x404")
    void tripleFaultOfAUserVm() {
        try (var rig = serviceVm(List.of(either(CREATE, FakeCpu.exits(CpuExit.SHUTDOWN)), SET_PAGE, START, hlt(), hlt(),
                hlt()))) {
            fill(rig);
            answers(rig);
            var page = new IoRequestPage(at(rig, PAGE, 4096));
            Rig.await("posted", () -> page.state(0) == IoRequestPage.PENDING);
            assertThat(List.of(page.address(0), page.size(0), page.value(0))).containsExactly(0x404L, 2L, 0x3400L);
        }
    }

    @Test
    @DisplayName("HSM-UPC-02 the vector can be set, 0x20 to 0xFF; the last one counts")
    void theLastVectorCounts() {
        try (var rig = serviceVm(List.of(call(HypercallId.SET_CALLBACK_VECTOR, 0x40, 0),
                call(HypercallId.SET_CALLBACK_VECTOR, 0x41, 0), call(HypercallId.SET_CALLBACK_VECTOR, 0x1F, 0),
                call(HypercallId.SET_CALLBACK_VECTOR, 0x100, 0), either(CREATE, out(0x60, 1, 0)), SET_PAGE, START,
                hlt(), hlt(), hlt()))) {
            fill(rig);
            assertThat(answers(rig)).containsExactly(0L, 0L, -22L, -22L, 0L, 0L, 0L);
            Rig.await("upcall", () -> rig.lapic(0).events.contains("accept 41"));
        }
    }

    @Test
    @DisplayName("memory of the User VM is the Service VM's: what is not mapped there, or no whole pages, is -22")
    void regionsReferToTheServiceVm() {
        try (var rig = serviceVm(List.of(CREATE, MEMORY, MEMORY,
                nop0(rig0 -> region(rig0, 0, HypercallMemoryRegion.ADD, 0x20000, 0xF_F000, 0x2000)), MEMORY,
                nop0(rig0 -> region(rig0, 0, HypercallMemoryRegion.ADD, 0x20000, USER_RAM, 0x1001)), MEMORY,
                nop0(rig0 -> region(rig0, 0, 2, 0x8000, 0, 0x1000)), MEMORY, MEMORY, hlt()))) {
            current = rig;
            fill(rig);
            assertThat(answers(rig)).containsExactly(0L, 0L, 0L, -22L, -22L, 0L, -22L);
        }
    }

    private static volatile Rig current;

    private static Op nop0(java.util.function.Consumer<Rig> action) {
        return nop(() -> action.accept(current));
    }

    @Test
    @DisplayName("a batch of nothing is -1; one of more than there is memory for ends at the first error")
    void hostileBatches() {
        try (var rig = serviceVm(List.of(CREATE,
                nop0(rig0 -> new HypercallMemoryBatch(at(rig0, BATCH, 24)).count(0)), MEMORY,
                nop0(rig0 -> new HypercallMemoryBatch(at(rig0, BATCH, 24)).count(-1)), MEMORY,
                nop0(rig0 -> region(rig0, 0, HypercallMemoryRegion.ADD, 0, 0, Long.MAX_VALUE & ~0xFFFL)), MEMORY,
                hlt()))) {
            current = rig;
            fill(rig);
            assertThat(answers(rig)).containsExactly(0L, -1L, -22L, -22L);
        }
    }

    @Test
    @DisplayName("the interrupt monitor fills the page that the Service VM names; a page that is not there is -22")
    void interruptMonitor() {
        try (var rig = serviceVm(List.of(CREATE, call(HypercallId.SET_IRQLINE, 1, 2L << 32 | 5),
                call(HypercallId.SET_IRQLINE, 1, 2L << 32 | 5), call(HypercallId.VM_INTR_MONITOR, 1, 0x6000),
                call(HypercallId.VM_INTR_MONITOR, 1, UNMAPPED), call(HypercallId.VM_INTR_MONITOR, 1, 0x6008), hlt()))) {
            fill(rig);
            var page = new HypercallIntrMonitor(at(rig, 0x6000, 4096));
            page.count(48);
            assertThat(answers(rig)).containsExactly(0L, 0L, 0L, 0L, -22L, -22L);
            assertThat(page.count()).isEqualTo(2);
            assertThat(page.buffer(0)).isEqualTo(5);
            assertThat(page.buffer(1)).isEqualTo(2);
        }
    }

    @Test
    @DisplayName("power queries are of the VM that the command names: counts take one byte, P-states are -1")
    void powerQueries() {
        try (var rig = serviceVm(List.of(CREATE, call(HypercallId.PM_GET_CPU_STATE, 1 << 24 | 2, 0x6000),
                call(HypercallId.PM_GET_CPU_STATE, 1 << 24 | 1 << 8 | 3, 0x6100),
                call(HypercallId.PM_GET_CPU_STATE, 1 << 24 | 1, 0x6000),
                call(HypercallId.PM_GET_CPU_STATE, 9 << 24 | 2, 0x6000),
                call(HypercallId.PM_GET_CPU_STATE, 1 << 24 | 2, UNMAPPED), hlt()))) {
            fill(rig);
            rig.ram.segment().asSlice(0x6000, 8).fill((byte) 0x55);
            assertThat(answers(rig)).containsExactly(0L, 0L, 0L, -1L, -25L, -22L);
            int states = rig.hypervisor.power().idleStates(2, 0);
            assertThat(rig.ram.segment().get(ValueLayout.JAVA_LONG, 0x6000)).isEqualTo(0x5555_5555_5555_5500L + states);
            assertThat(new AcrnCstateData(at(rig, 0x6100, AcrnCstateData.LAYOUT.byteSize())).latency())
                    .isEqualTo(rig.hypervisor.power().idleState(2, 0, 1).latencyMicros());
        }
    }

    @Test
    @DisplayName("devices that the host has not are -19, states and structures are checked as for the Java HSM")
    void devices() {
        assertThat(answersOf(CREATE, call(HypercallId.ASSIGN_PCIDEV, 1, 0x6000),
                call(HypercallId.ASSIGN_PCIDEV, 1, UNMAPPED), call(HypercallId.DEASSIGN_PCIDEV, 1, 0x6000),
                call(HypercallId.SET_PTDEV_INTR, 1, 0x6000), call(HypercallId.CREATE_VDEV, 1, 0x6000),
                call(HypercallId.DEASSIGN_MMIODEV, 2, 0x6000)))
                .containsExactly(0L, -19L, -22L, -19L, -1L, -22L, -25L);
    }

    @Test
    @DisplayName("User VMs end with their Service VM")
    void userVmsEndWithIt() {
        try (var rig = serviceVm(List.of(either(CREATE, back(0)), SET_PAGE, START, CREATE, hlt()))) {
            fill(rig);
            answers(rig);
            rig.vm.pause();
            rig.vm.destroy();
            assertThat(rig.hypervisor.targets()).isEmpty();
            assertThat(rig.vm.state()).isEqualTo(State.POWERED_OFF);
        }
    }

    @Test
    @DisplayName("a reset Service VM has no User VMs, and makes new ones from id 1")
    void resetForgetsUserVms() {
        try (var rig = serviceVm(List.of(CREATE, hlt()))) {
            fill(rig);
            answers(rig);
            rig.vm.pause();
            rig.vm.reset();
            assertThat(rig.hypervisor.targets()).extracting(target -> target.vmid()).containsOnly(1);
        }
    }

    @Test
    @DisplayName("a vCPU that the guest gives away does nothing any more; the first one cannot be given away")
    void givesAProcessorAway() {
        var script = List.of(call(HypercallId.OFFLINE_SERVICE_VM_CPU, 0, 0),
                call(HypercallId.OFFLINE_SERVICE_VM_CPU, 1, 0), call(HypercallId.OFFLINE_SERVICE_VM_CPU, 7, 0), hlt());
        try (var rig = new Rig(FakeCpu.factory(List.of(script, List.of())),
                Rig.creation(2, Behaviour.ACRN, false, PartitionCreation.SERVICE_VM))) {
            fill(rig);
            assertThat(answers(rig)).containsExactly(-1L, 0L, 0L);
            Rig.await("off line", () -> rig.vm.activity(1).equals("off line"));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    @DisplayName("whatever a Service VM's guest puts into registers and structures, it gets a number, and it ends cleanly")
    void hostileCalls(long seed) {
        var random = new Random(seed);
        Op any = cpu -> {
            byte[] noise = new byte[0x5000];
            random.nextBytes(noise);
            current.ram.write(0x1000, noise, 0, random.nextInt(noise.length));
            long[] places = {CREATION, BATCH, PAGE_NUMBER, 1, 2, 0, random.nextLong(), random.nextInt(1 << 20)};
            return hypercall(0x8000_0000L | random.nextInt(256), places[random.nextInt(8)], places[random.nextInt(8)])
                    .execute(cpu);
        };
        var script = new ArrayList<Op>();
        for (int i = 0; i < 400; i++) {
            script.add(either(i % 20 == 0 ? nop0(HypercallTest::fill) : any, FakeCpu.exits(CpuExit.HLT)));
            script.add(i % 20 == 0 ? either(CREATE, hlt()) : nop(() -> {
            }));
        }
        script.add(hlt());
        script.add(back(1)); // an interrupt may come after the first HLT
        try (var rig = serviceVm(script)) {
            current = rig;
            fill(rig);
            assertThat(answers(rig)).allMatch(answer -> answer <= 0 && answer >= -4095);
        }
    }
}

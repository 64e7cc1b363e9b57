package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.cupule.abi.AcrnIoreqNotify;
import org.cupule.abi.AcrnMsiEntry;
import org.cupule.abi.AcrnVcpuRegs;
import org.cupule.abi.AcrnVmCreation;
import org.cupule.abi.AcrnVmMemmap;
import org.cupule.abi.IoRequestPage;
import org.cupule.abi.IoctlNumber;
import org.cupule.hsm.HsmHandle;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The character device: numbers, order of checks, life of a VM, registers ({@code hsm.md} 2, 4, 5). */
public abstract class DeviceContract extends DeviceFixture {
    private static final int UNKNOWN = 0x0000_A2F0;
    private static final int OTHER_SIZE = 0x4018_A241;

    /** Only a contract. */
    protected DeviceContract() {
    }

    // ---------------------------------------------------------------- DEV

    @ParameterizedTest(name = "HSM-DEV-01 {0} on a fresh handle is EINVAL")
    @DisplayName("HSM-DEV-01 each on a fresh handle is EINVAL")
    @EnumSource(value = IoctlNumber.class, mode = Mode.EXCLUDE, names = "CREATE_VM")
    void nothingGoesWithoutVm(IoctlNumber command) {
        assertThat(ioctl(command, caller.nowhere())).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("HSM-DEV-01 an unknown command on a fresh handle is EINVAL")
    void unknownCommandWithoutVm() {
        assertThat(handle.ioctl(UNKNOWN, 0)).isEqualTo(EINVAL);
    }

    @ParameterizedTest(name = "HSM-DEV-02 0x{0} after CREATE_VM is ENOTTY")
    @DisplayName("HSM-DEV-02 each after CREATE_VM is ENOTTY")
    @ValueSource(ints = {UNKNOWN, OTHER_SIZE, 0, -1})
    void unknownCommandWithVm(int command) {
        created();

        assertThat(handle.ioctl(command, caller.nowhere())).isEqualTo(ENOTTY);
    }

    static Stream<IoctlNumber> commandsWithAddress() {
        return Arrays.stream(IoctlNumber.values()).filter(command -> command.argumentBytes() > 0
                && command != IoctlNumber.SET_IRQLINE && command != IoctlNumber.CREATE_VM);
    }

    @ParameterizedTest(name = "HSM-DEV-03 {0} with a bad address is EFAULT, and the hypervisor hears nothing")
    @DisplayName("HSM-DEV-03 each with a bad address is EFAULT, and the hypervisor hears nothing")
    @MethodSource("commandsWithAddress")
    void badAddressIsEfault(IoctlNumber command) {
        FakePartition partition = created();
        List<String> before = List.copyOf(partition.journal());

        assertThat(ioctl(command, caller.nowhere())).isEqualTo(EFAULT);
        assertThat(partition.journal()).isEqualTo(before);
    }

    @Test
    @DisplayName("HSM-DEV-03 CREATE_VM with a bad address is EFAULT, and nothing is created")
    void badAddressCreatesNothing() {
        assertThat(ioctl(IoctlNumber.CREATE_VM, caller.nowhere())).isEqualTo(EFAULT);
        assertThat(ioctl(IoctlNumber.CREATE_VM, caller.pages(1) + 4096 - 40)).as("8 bytes too few").isEqualTo(EFAULT);
        assertThat(hypervisor.partitions()).isEmpty();
    }

    @Test
    @DisplayName("HSM-DEV-05 two handles are two VMs that know nothing of each other")
    void handlesAreIndependent() {
        FakePartition first = created();
        try (HsmHandle other = device.open(caller)) {
            assertThat(other.ioctl(IoctlNumber.START_VM.number(), 0)).isEqualTo(EINVAL);
            assertThat(other.ioctl(IoctlNumber.CREATE_VM.number(), caller.put(creation()))).isZero();
            assertThat(other.ioctl(IoctlNumber.START_VM.number(), 0)).isZero();

            assertThat(hypervisor.partitions()).hasSize(2);
            assertThat(hypervisor.partition().state()).isEqualTo(Partition.State.RUNNING);
            assertThat(first.state()).isEqualTo(Partition.State.CREATED);
            assertThat(hypervisor.partition().vmid()).isNotEqualTo(first.vmid());
        }
        assertThat(hypervisor.partition().state()).isEqualTo(Partition.State.POWERED_OFF);
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
    }

    // ---------------------------------------------------------------- VM

    @Test
    @DisplayName("HSM-VM-01 CREATE_VM writes the id and as many vCPUs as the affinity has bits, and nothing else")
    void createWritesBack() {
        AcrnVmCreation wanted = creation();
        wanted.vcpuNum(9);
        wanted.vmFlag(PartitionCreation.COMPLETION_POLLING);
        long address = caller.put(wanted);

        assertThat(ioctl(IoctlNumber.CREATE_VM, address)).isZero();

        AcrnVmCreation got = new AcrnVmCreation(caller.memory(address));
        assertThat(got.vmid()).isEqualTo(hypervisor.partition().vmid());
        assertThat(got.vcpuNum()).isEqualTo(VCPUS);
        assertThat(got.cpuAffinity()).isEqualTo(AFFINITY);
        assertThat(got.ioreqBuf()).isEqualTo(wanted.ioreqBuf());
        PartitionCreation asked = hypervisor.partition().creation();
        assertThat(asked.affinity()).isEqualTo(AFFINITY);
        assertThat(asked.flags()).isEqualTo(PartitionCreation.COMPLETION_POLLING);
        assertThat(asked.name()).isEqualTo("front");
    }

    @Test
    @DisplayName("all 16 bytes of the name count, and may be any")
    void nameHasSixteenBytes() {
        AcrnVmCreation wanted = creation();
        wanted.uuid("sixteen bytes \u00e9\u00ff".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(ioctl(IoctlNumber.CREATE_VM, wanted)).isZero();
        assertThat(hypervisor.partition().creation().name()).isEqualTo("sixteen bytes \u00e9\u00ff");
    }

    @Test
    @DisplayName("HSM-VM-02 a reserved field that is not zero is EINVAL, and nothing is created")
    void reservedFieldsOfCreate() {
        AcrnVmCreation first = creation();
        first.reserved0(1);
        AcrnVmCreation second = creation();
        second.reserved1(0x8000);

        assertThat(ioctl(IoctlNumber.CREATE_VM, first)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.CREATE_VM, second)).isEqualTo(EINVAL);
        assertThat(hypervisor.partitions()).isEmpty();
    }

    @Test
    @DisplayName("HSM-VM-03 an id of 0xFFFF is EINVAL, and the handle can try again")
    void invalidIdIsEinval() {
        hypervisor.forceVmid(0xFFFF);
        assertThat(ioctl(IoctlNumber.CREATE_VM, creation())).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.START_VM)).isEqualTo(EINVAL);

        hypervisor.forceVmid(7);
        assertThat(ioctl(IoctlNumber.CREATE_VM, creation())).isZero();
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
    }

    @Test
    @DisplayName("HSM-VM-03 whatever the hypervisor answers to a creation, the caller sees EINVAL")
    void everyFailureToCreateIsEinval() {
        hypervisor.failCreate(new HsmException(Errno.ENOTTY, "create", "as the test wants"));

        assertThat(ioctl(IoctlNumber.CREATE_VM, creation())).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("HSM-VM-04 an I/O request page that cannot be pinned is EINVAL, and the handle has no VM again")
    void unpinnablePage() {
        AcrnVmCreation wanted = creation();
        wanted.ioreqBuf(caller.nowhere());
        AcrnVmCreation readOnly = creation();
        readOnly.ioreqBuf(caller.readOnlyPages(1));

        assertThat(ioctl(IoctlNumber.CREATE_VM, wanted)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.CREATE_VM, readOnly)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.START_VM)).isEqualTo(EINVAL);
        assertThat(hsm.machines()).isEmpty();
        assertThat(hypervisor.partitions()).extracting(FakePartition::state)
                .containsOnly(Partition.State.POWERED_OFF);
        assertThat(caller.pinned()).isZero();
        assertThat(ioctl(IoctlNumber.CREATE_VM, creation())).isZero();
    }

    @Test
    @DisplayName("HSM-VM-04 a page that the hypervisor refuses is unpinned")
    void refusedPageIsUnpinned() {
        hypervisor.failPage(new HsmException(Errno.EPERM, "setIoRequestPage", "as the test wants"));

        assertThat(ioctl(IoctlNumber.CREATE_VM, creation())).isEqualTo(EINVAL);
        assertThat(caller.pinned()).isZero();
        assertThat(hypervisor.partition().state()).isEqualTo(Partition.State.POWERED_OFF);
    }

    @Test
    @DisplayName("the I/O request page is the caller's: the page that the address lies in, with all slots FREE")
    void pageIsTheCallers() {
        AcrnVmCreation wanted = creation();
        long base = wanted.ioreqBuf();
        wanted.ioreqBuf(base + 256);

        assertThat(ioctl(IoctlNumber.CREATE_VM, wanted)).isZero();

        assertThat(hypervisor.partition().page().segment().address()).isEqualTo(caller.memory(base).address());
        IoRequestPage seen = new IoRequestPage(caller.memory(base));
        for (int slot = 0; slot < IoRequestPage.SLOTS; slot++) {
            assertThat(seen.state(slot)).isEqualTo(IoRequestPage.FREE);
        }
    }

    @Test
    @DisplayName("an answer that cannot be written back is EFAULT, and the VM is destroyed")
    void unwritableAnswer() {
        long address = caller.put(creation());
        caller.protect(address);

        assertThat(ioctl(IoctlNumber.CREATE_VM, address)).isEqualTo(EFAULT);
        assertThat(hypervisor.partition().state()).isEqualTo(Partition.State.POWERED_OFF);
        assertThat(hsm.machines()).isEmpty();
        assertThat(caller.pinned()).isZero();
    }

    @Test
    @DisplayName("a second CREATE_VM is refused up front, and the first VM stays usable")
    void secondCreateIsRefused() {
        FakePartition partition = created();

        assertThat(ioctl(IoctlNumber.CREATE_VM, creation())).isEqualTo(EINVAL);
        assertThat(hypervisor.partitions()).hasSize(1);
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
        assertThat(partition.state()).isEqualTo(Partition.State.RUNNING);
    }

    @Test
    @DisplayName("HSM-VM-05 HSM-VM-07 HSM-VM-08 what the hypervisor refuses is EPERM, and the VM stays fully usable")
    void statesAreTheHypervisors() {
        created();

        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
        assertThat(ioctl(IoctlNumber.START_VM)).isEqualTo(EPERM);
        assertThat(ioctl(IoctlNumber.RESET_VM)).isEqualTo(EPERM);
        assertThat(ioctl(IoctlNumber.DESTROY_VM)).isEqualTo(EPERM);
        assertThat(ioctl(IoctlNumber.SET_IRQLINE, 5)).isZero();
        assertThat(ioctl(IoctlNumber.PAUSE_VM)).isZero();
        assertThat(ioctl(IoctlNumber.PAUSE_VM)).as("HSM-VM-06").isZero();
        assertThat(ioctl(IoctlNumber.RESET_VM)).isZero();
        assertThat(hypervisor.partition().state()).isEqualTo(Partition.State.CREATED);
        assertThat(ioctl(IoctlNumber.DESTROY_VM)).as("not paused").isEqualTo(EPERM);
    }

    @Test
    @DisplayName("HSM-VM-09 after PAUSE_VM and DESTROY_VM every command is EINVAL, CREATE_VM too")
    void destroyedVmIsGone() {
        created();
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
        assertThat(ioctl(IoctlNumber.PAUSE_VM)).isZero();

        assertThat(ioctl(IoctlNumber.DESTROY_VM)).isZero();

        assertThat(ioctl(IoctlNumber.START_VM)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.DESTROY_VM)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.CLEAR_VM_IOREQ)).isEqualTo(EINVAL);
        assertThat(handle.ioctl(UNKNOWN, 0)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.CREATE_VM, creation())).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("HSM-VM-10 DESTROY_VM and close: the second destroy does nothing")
    void closeAfterDestroy() {
        FakePartition partition = created();
        assertThat(ioctl(IoctlNumber.PAUSE_VM)).isZero();
        assertThat(ioctl(IoctlNumber.DESTROY_VM)).isZero();

        handle.close();
        handle.close();

        assertThat(partition.journal()).filteredOn("destroy"::equals).hasSize(1);
        assertThat(ioctl(IoctlNumber.START_VM)).isEqualTo(EBADF);
    }

    @Test
    @DisplayName("HSM-VM-11 close after PAUSE_VM releases pins and clients")
    void closeReleasesAll() {
        created();
        assertThat(ioctl(IoctlNumber.SET_MEMSEG, ram(caller.pages(4), 4 * 4096))).isZero();
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isZero();
        assertThat(caller.pinned()).isEqualTo(2);
        assertThat(ioctl(IoctlNumber.PAUSE_VM)).isZero();

        handle.close();

        assertThat(caller.pinned()).isZero();
        assertThat(hsm.machines()).isEmpty();
    }

    @Test
    @DisplayName("closing the handle of a running VM pauses and destroys it")
    void closePausesFirst() {
        FakePartition partition = created();
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();

        handle.close();

        assertThat(partition.state()).isEqualTo(Partition.State.POWERED_OFF);
        assertThat(caller.pinned()).isZero();
    }

    @Test
    @DisplayName("HSM-VM-14 destroyed in order: hypervisor, then the list, then the page, then RAM")
    void orderOfDestroy() {
        FakePartition partition = created();
        assertThat(ioctl(IoctlNumber.SET_MEMSEG, ram(caller.pages(2), 2 * 4096))).isZero();
        assertThat(ioctl(IoctlNumber.PAUSE_VM)).isZero();
        journal.clear();
        partition.onDestroy(() -> journal.add("destroy with " + hsm.machines().size() + " listed and "
                + caller.pinned() + " lent"));

        assertThat(ioctl(IoctlNumber.DESTROY_VM)).isZero();

        assertThat(journal).containsExactly("destroy with 1 listed and 2 lent", "unpin 4096", "unpin 8192");
        assertThat(hsm.machines()).isEmpty();
    }

    @Test
    @DisplayName("HSM-VM-15 more than 16 vCPUs are refused")
    void tooManyVcpus() {
        AcrnVmCreation wanted = creation();
        wanted.cpuAffinity(0x1FFFF);

        assertThat(ioctl(IoctlNumber.CREATE_VM, wanted)).isEqualTo(EINVAL);
        assertThat(hypervisor.partitions()).isEmpty();
    }

    @Test
    @DisplayName("HSM-VM-12 LAPIC passthrough without the RT flag is EINVAL")
    void lapicPassthroughNeedsRt() {
        AcrnVmCreation wanted = creation();
        wanted.vmFlag(PartitionCreation.LAPIC_PASSTHROUGH);

        assertThat(ioctl(IoctlNumber.CREATE_VM, wanted)).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("a VM that somebody else destroys is EINVAL for its handle")
    void destroyedByOthers() {
        created();
        hsm.machines().forEach(VirtualMachine::close);

        assertThat(ioctl(IoctlNumber.START_VM)).isEqualTo(EINVAL);
        assertThat(handle.ioctl(UNKNOWN, 0)).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("a closed handle is EBADF, and makes no VM")
    void closedHandle() {
        handle.close();

        assertThat(ioctl(IoctlNumber.CREATE_VM, creation())).isEqualTo(EBADF);
        assertThat(hypervisor.partitions()).isEmpty();
    }

    // ---------------------------------------------------------------- REG

    @ParameterizedTest(name = "HSM-REG-01 a reserved byte at +{0} that is not zero is EINVAL")
    @DisplayName("HSM-REG-01 a reserved byte at +each that is not zero is EINVAL")
    @ValueSource(ints = {2, 7, 8 + 138, 8 + 143, 8 + 154, 8 + 159, 8 + 216, 8 + 247, 8 + 256, 8 + 267})
    void reservedRegisters(int offset) {
        FakePartition partition = created();
        AcrnVcpuRegs registers = zeros(AcrnVcpuRegs.LAYOUT, AcrnVcpuRegs::new);
        registers.memory().set(ValueLayout.JAVA_BYTE, offset, (byte) 0x80);

        assertThat(ioctl(IoctlNumber.SET_VCPU_REGS, registers)).isEqualTo(EINVAL);
        assertThat(partition.journal()).noneMatch(line -> line.startsWith("setRegisters"));
    }

    @Test
    @DisplayName("HSM-REG-01 all other bytes may be anything, the padding at the end too")
    void otherRegisterBytesAreFree() {
        created();
        byte[] bytes = new byte[(int) AcrnVcpuRegs.LAYOUT.byteSize()];
        Arrays.fill(bytes, (byte) 0xFF);
        for (int[] reserved : new int[][]{{0, 8}, {8 + 138, 6}, {8 + 154, 6}, {8 + 216, 32}, {8 + 256, 12}}) {
            Arrays.fill(bytes, reserved[0], reserved[0] + reserved[1], (byte) 0);
        }

        assertThat(ioctl(IoctlNumber.SET_VCPU_REGS, new AcrnVcpuRegs(MemorySegment.ofArray(bytes)))).isZero();
    }

    @Test
    @DisplayName("registers arrive at the hypervisor, each in its place")
    void registersArrive() {
        FakePartition partition = created();
        AcrnVcpuRegs registers = zeros(AcrnVcpuRegs.LAYOUT, AcrnVcpuRegs::new);
        registers.vcpuId(2);
        registers.regs().gprs().register(1, 0x1234_5678_9ABCL);
        registers.regs().rip(0xFFF0);
        registers.regs().cr0(0x30);
        registers.regs().csAr(0x9B);
        registers.regs().gdt().limit(0xFFFF);
        registers.regs().idt().base(0x4000);
        registers.regs().selector(0, 0xF000);
        registers.regs().selector(7, 0x18);

        assertThat(ioctl(IoctlNumber.SET_VCPU_REGS, registers)).isZero();

        assertThat(partition.journal()).endsWith("setRegisters 2");
        var state = partition.registersSet();
        assertThat(state.general()[1]).isEqualTo(0x1234_5678_9ABCL);
        assertThat(state.rip()).isEqualTo(0xFFF0);
        assertThat(state.cr0()).isEqualTo(0x30);
        assertThat(state.csAttributes()).isEqualTo(0x9B);
        assertThat(state.gdtLimit()).isEqualTo(0xFFFF);
        assertThat(state.idtBase()).isEqualTo(0x4000);
        assertThat(state.selectors()).startsWith(0xF000).endsWith(0x18);
    }

    @Test
    @DisplayName("HSM-REG-02 HSM-REG-05 registers of a running VM, and of a vCPU that is not there, are EPERM")
    void registersAreTheHypervisors() {
        created();
        AcrnVcpuRegs registers = zeros(AcrnVcpuRegs.LAYOUT, AcrnVcpuRegs::new);
        registers.vcpuId(VCPUS);
        assertThat(ioctl(IoctlNumber.SET_VCPU_REGS, registers)).isEqualTo(EPERM);

        registers.vcpuId(0);
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
        assertThat(ioctl(IoctlNumber.SET_VCPU_REGS, registers)).isEqualTo(EPERM);
    }

    // ---------------------------------------------------------------- interrupts

    @Test
    @DisplayName("HSM-INT-01 SET_IRQLINE takes the value itself, GSI low, operation high")
    void irqLineIsAValue() {
        FakePartition partition = created();

        assertThat(ioctl(IoctlNumber.SET_IRQLINE, 2L << 32 | 11)).isZero();
        assertThat(partition.journal()).endsWith("line 11 2");
        assertThat(ioctl(IoctlNumber.SET_IRQLINE, 9L << 32 | 11)).as("HSM-INT-02 op 9").isZero();
        assertThat(ioctl(IoctlNumber.SET_IRQLINE, 48)).as("HSM-INT-02 gsi 48").isEqualTo(EPERM);
        assertThat(ioctl(IoctlNumber.SET_IRQLINE, 0xFFFF_FFFFL)).isEqualTo(EPERM);
    }

    @Test
    @DisplayName("HSM-INT-05 INJECT_MSI passes address and data on; one outside 0xFEExxxxx is EPERM")
    void msiArrives() {
        FakePartition partition = created();
        AcrnMsiEntry entry = zeros(AcrnMsiEntry.LAYOUT, AcrnMsiEntry::new);
        entry.address(0xFEE0_1000L);
        entry.data(0x41);

        assertThat(ioctl(IoctlNumber.INJECT_MSI, entry)).isZero();
        assertThat(partition.journal()).endsWith("msi 0xfee01000=0x41");

        entry.address(0xFED0_0000L);
        assertThat(ioctl(IoctlNumber.INJECT_MSI, entry)).isEqualTo(EPERM);
    }

    // ---------------------------------------------------------------- what callers do wrong

    @Test
    @DisplayName("no number and no argument throws")
    void nothingThrows() {
        created();
        for (long argument : new long[]{0, -1, Long.MIN_VALUE, caller.pages(1), 4095}) {
            for (IoctlNumber command : IoctlNumber.values()) {
                if (command != IoctlNumber.ATTACH_IOREQ_CLIENT) {
                    assertThat(ioctl(command, argument)).as("%s(0x%x)", command, argument).isBetween(-133, 0);
                }
            }
        }
    }

    @Test
    @DisplayName("handles that are closed while they create leave no VM behind")
    void closeRacesWithCreate() throws InterruptedException {
        for (int round = 0; round < 200; round++) {
            HsmHandle racing = device.open(caller);
            AcrnVmCreation wanted = creation();
            long address = caller.put(wanted);
            Thread closer = Thread.ofVirtual().start(racing::close);
            racing.ioctl(IoctlNumber.CREATE_VM.number(), address);
            assertThat(closer.join(java.time.Duration.ofSeconds(TimeUnit.SECONDS.toSeconds(10)))).isTrue();
        }
        assertThat(hsm.machines()).isEmpty();
        assertThat(caller.pinned()).isZero();
    }

    private AcrnVmMemmap ram(long address, long lengthBytes) {
        AcrnVmMemmap map = zeros(AcrnVmMemmap.LAYOUT, AcrnVmMemmap::new);
        map.attr(7);
        map.vmaBase(address);
        map.len(lengthBytes);
        return map;
    }

    /** {@return a notice for a vCPU} */
    static AcrnIoreqNotify notice(int vcpu) {
        AcrnIoreqNotify notice = zeros(AcrnIoreqNotify.LAYOUT, AcrnIoreqNotify::new);
        notice.vcpu(vcpu);
        return notice;
    }
}

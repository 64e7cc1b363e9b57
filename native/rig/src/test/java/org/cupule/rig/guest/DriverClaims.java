package org.cupule.rig.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.cupule.abi.AcrnMsiEntry;
import org.cupule.abi.AcrnRegs;
import org.cupule.abi.AcrnVcpuRegs;
import org.cupule.abi.AcrnVmCreation;
import org.cupule.abi.IoRequestPage;
import org.cupule.abi.IoctlNumber;
import org.cupule.rig.guest.StandIn.Hypercall;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Linux's driver itself: the file, the VM's life, registers, interrupts. What it does is what our device must do. */
class DriverClaims extends DriverFixture {
    @Test
    @DisplayName("HSM-DEV-01 HSM-DEV-02 unknown commands are EINVAL before CREATE_VM and ENOTTY after it")
    void unknownCommands() {
        assertThat(Sys.ioctl(hsm, 0xA2FF, 0)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.START_VM)).isEqualTo(EINVAL);
        created();
        assertThat(Sys.ioctl(hsm, 0xA2FF, 0)).isEqualTo(ENOTTY);
    }

    @ParameterizedTest(name = "HSM-DEV-04 the driver knows {0} by its number, and not by one of another size")
    @EnumSource(value = IoctlNumber.class, mode = Mode.EXCLUDE, names = {"CREATE_VM", "DESTROY_VM"})
    void numbers(IoctlNumber command) {
        created();
        assertThat(Sys.ioctl(hsm, command.number() ^ 0x2000_0000, 0)).isEqualTo(ENOTTY);
        assertThat(ioctl(command)).isNotEqualTo(ENOTTY);
    }

    @Test
    @DisplayName("HSM-DEV-03 a bad pointer is EFAULT, and no hypercall is made")
    void badPointer() {
        created();
        List<Hypercall> calls = StandIn.during(() -> {
            assertThat(ioctl(IoctlNumber.SET_VCPU_REGS, 16)).isEqualTo(EFAULT);
            assertThat(ioctl(IoctlNumber.SET_MEMSEG, 16)).isEqualTo(EFAULT);
            assertThat(ioctl(IoctlNumber.INJECT_MSI, 16)).isEqualTo(EFAULT);
            assertThat(ioctl(IoctlNumber.IRQFD, 16)).isEqualTo(EFAULT);
        });
        assertThat(calls).isEmpty();
    }

    @Test
    @DisplayName("HSM-DEV-05 two files are two VMs")
    void twoFiles() {
        int first = created();
        hsm = open();
        assertThat(created()).isNotEqualTo(first);
        assertThat(StandIn.state(first)[0]).isEqualTo(1);
    }

    @Test
    @DisplayName("HSM-VM-01 HSM-IOREQ-02 CREATE writes id and vCPU count, and all slots are FREE")
    void createWrites() {
        AcrnVmCreation creation = creation();
        List<Hypercall> calls = StandIn.during(() -> assertThat(ioctl(IoctlNumber.CREATE_VM, creation)).isZero());

        assertThat(creation.vmid()).isBetween(1, 64);
        assertThat(creation.vcpuNum()).isEqualTo(VCPUS);
        assertThat(calls).extracting(Hypercall::id).containsExactly(0x8000_0010, 0x8000_0030);
        for (int slot = 0; slot < IoRequestPage.SLOTS; slot++) {
            assertThat(page.state(slot)).isEqualTo(IoRequestPage.FREE);
        }
    }

    @Test
    @DisplayName("HSM-VM-02 reserved fields of CREATE are EINVAL, without a hypercall")
    void reservedFields() {
        AcrnVmCreation creation = creation();
        creation.memory().set(ValueLayout.JAVA_SHORT, 2, (short) 1);
        assertThat(StandIn.during(() -> assertThat(ioctl(IoctlNumber.CREATE_VM, creation)).isEqualTo(EINVAL)))
                .isEmpty();
    }

    @Test
    @DisplayName("HSM-VM-03 a creation that gives the invalid id is EINVAL")
    void invalidId() {
        StandIn.command("vmid 0xFFFF");
        assertThat(ioctl(IoctlNumber.CREATE_VM, creation())).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.START_VM)).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("HSM-VM-04 a request page that cannot be pinned is EINVAL, and there is no VM")
    void unpinnablePage() {
        AcrnVmCreation creation = creation();
        creation.ioreqBuf(16);
        assertThat(ioctl(IoctlNumber.CREATE_VM, creation)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.START_VM)).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("HSM-VM-12 HSM-VM-13 what the hypervisor refuses to create is EINVAL, whatever it said")
    void refusedCreation() {
        AcrnVmCreation passthrough = creation();
        passthrough.vmFlag(2);
        assertThat(ioctl(IoctlNumber.CREATE_VM, passthrough)).isEqualTo(EINVAL);
        AcrnVmCreation affinity = creation();
        affinity.cpuAffinity(1L << 40);
        assertThat(ioctl(IoctlNumber.CREATE_VM, affinity)).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("HSM-VM-05 HSM-VM-06 HSM-VM-07 HSM-VM-08 HSM-HC-05 states are the hypervisor's: its -1 is EPERM")
    void states() {
        created();
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
        assertThat(ioctl(IoctlNumber.START_VM)).isEqualTo(EPERM);
        assertThat(ioctl(IoctlNumber.RESET_VM)).isEqualTo(EPERM);
        assertThat(ioctl(IoctlNumber.DESTROY_VM)).isEqualTo(EPERM);
        assertThat(StandIn.state(vmid)[0]).as("running").isEqualTo(2);
        assertThat(ioctl(IoctlNumber.PAUSE_VM)).isZero();
        assertThat(ioctl(IoctlNumber.PAUSE_VM)).isZero();
        assertThat(ioctl(IoctlNumber.RESET_VM)).isZero();
        assertThat(StandIn.state(vmid)[0]).as("created").isEqualTo(1);
    }

    @Test
    @DisplayName("HSM-VM-09 HSM-VM-10 after DESTROY commands are EINVAL, and close destroys nothing twice")
    void destroyed() {
        created();
        assertThat(ioctl(IoctlNumber.PAUSE_VM)).isZero();
        assertThat(ioctl(IoctlNumber.DESTROY_VM)).isZero();
        assertThat(ioctl(IoctlNumber.START_VM)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.DESTROY_VM)).isEqualTo(EINVAL);
        opened.clear();
        assertThat(StandIn.during(() -> assertThat(Sys.close(hsm)).isZero())).isEmpty();
    }

    @Test
    @DisplayName("HSM-VM-11 closing a paused VM destroys it and unpins all pages")
    void closePaused() {
        opened.clear();
        long before = VmStat.pinned();
        created();
        var memory = Sys.map(8 * PAGE, Sys.POPULATE);
        assertThat(ioctl(IoctlNumber.SET_MEMSEG, ram(0, memory))).isZero();
        assertThat(VmStat.pinned()).isEqualTo(before + 9);

        assertThat(ioctl(IoctlNumber.PAUSE_VM)).isZero();
        assertThat(Sys.close(hsm)).isZero();

        assertThat(VmStat.pinned()).isEqualTo(before);
        assertThat(StandIn.counts()).startsWith(1, 1, 0);
        Sys.unmap(memory);
    }

    @Test
    @DisplayName("HSM-REG-01 HSM-REG-02 HSM-REG-04 HSM-REG-05 reserved fields are EINVAL; a running VM, a vCPU too many and an"
            + " illegal CR0 are EPERM")
    void registers() {
        created();
        AcrnVcpuRegs registers = zeros(AcrnVcpuRegs.LAYOUT, AcrnVcpuRegs::new);
        assertThat(ioctl(IoctlNumber.SET_VCPU_REGS, registers)).isZero();
        for (int offset : new int[]{2, 6, 8 + 138, 8 + 154, 8 + 216, 8 + 240, 8 + 256, 8 + 264}) {
            registers.memory().set(ValueLayout.JAVA_BYTE, offset, (byte) 1);
            assertThat(ioctl(IoctlNumber.SET_VCPU_REGS, registers)).as("byte %d", offset).isEqualTo(EINVAL);
            registers.memory().set(ValueLayout.JAVA_BYTE, offset, (byte) 0);
        }
        registers.vcpuId(VCPUS);
        assertThat(ioctl(IoctlNumber.SET_VCPU_REGS, registers)).isEqualTo(EPERM);
        registers.vcpuId(0);
        long cr0 = 8 + AcrnRegs.LAYOUT.byteOffset(PathElement.groupElement("cr0"));
        registers.memory().set(ValueLayout.JAVA_LONG_UNALIGNED, cr0, 1L << 32);
        assertThat(ioctl(IoctlNumber.SET_VCPU_REGS, registers)).isEqualTo(EPERM);
        registers.memory().set(ValueLayout.JAVA_LONG_UNALIGNED, cr0, 0x30);
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
        assertThat(ioctl(IoctlNumber.SET_VCPU_REGS, registers)).isEqualTo(EPERM);
    }

    @Test
    @DisplayName("HSM-HC-01 HSM-INT-01 HSM-INT-02 SET_IRQLINE takes the value itself: id in R8, VM in RDI, value in RSI")
    void irqLine() {
        created();
        List<Hypercall> calls = StandIn.during(() -> {
            assertThat(ioctl(IoctlNumber.SET_IRQLINE, 2L << 32 | 11)).isZero();
            assertThat(ioctl(IoctlNumber.SET_IRQLINE, 9L << 32 | 11)).isZero();
            assertThat(ioctl(IoctlNumber.SET_IRQLINE, 48)).isEqualTo(EPERM);
        });
        assertThat(calls).extracting(Hypercall::id).containsOnly(0x8000_0025);
        assertThat(calls).extracting(Hypercall::first).containsOnly((long) vmid);
        assertThat(calls).extracting(Hypercall::second).containsExactly(2L << 32 | 11, 9L << 32 | 11, 48L);
    }

    @Test
    @DisplayName("HSM-INT-05 a message that is none is EPERM, and the hypervisor gets address and data as they were")
    void message() {
        created();
        AcrnMsiEntry entry = zeros(AcrnMsiEntry.LAYOUT, AcrnMsiEntry::new);
        entry.address(0xFEE0_1000L);
        entry.data(0x41);
        List<Hypercall> calls = StandIn.during(() -> assertThat(ioctl(IoctlNumber.INJECT_MSI, entry)).isZero());
        assertThat(calls).extracting(Hypercall::argument).containsExactly("0010e0fe000000004100000000000000");
        entry.address(0xFED0_0000L);
        assertThat(ioctl(IoctlNumber.INJECT_MSI, entry)).isEqualTo(EPERM);
    }
}

package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.cupule.abi.AcrnCstateData;
import org.cupule.abi.AcrnMmiodev;
import org.cupule.abi.AcrnPcidev;
import org.cupule.abi.AcrnPtdevIrq;
import org.cupule.abi.AcrnVdev;
import org.cupule.abi.HypercallIntrMonitor;
import org.cupule.abi.IoctlNumber;
import org.cupule.hsm.power.Power;
import org.cupule.hypervisor.AssignedDevice;
import org.cupule.types.Bdf;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Passthrough, interrupt monitor and power queries through the character device ({@code hsm.md} 9 to 11). */
public abstract class DeviceTopicsContract extends DeviceFixture {
    private static final Bdf GUEST = Bdf.parse("00:05.0");
    private static final int IVSHMEM = 0x1110;

    /** Only a contract. */
    protected DeviceTopicsContract() {
    }

    private List<String> devices() {
        return hsm.machines().getFirst().passthrough().devices().stream().map(AssignedDevice::toString).toList();
    }

    private static AcrnPcidev pci(Bdf host) {
        AcrnPcidev device = zeros(AcrnPcidev.LAYOUT, AcrnPcidev::new);
        device.virtBdf(GUEST.packed());
        device.physBdf(host.packed());
        device.intrPin(1);
        return device;
    }

    private static AcrnPtdevIrq remap(int type, int guestPin, int pic) {
        AcrnPtdevIrq irq = zeros(AcrnPtdevIrq.LAYOUT, AcrnPtdevIrq::new);
        irq.type(type);
        irq.virtBdf(GUEST.packed());
        irq.physBdf(ScriptedDevices.FUNCTION.packed());
        irq.virtPin(guestPin);
        irq.physPin(ScriptedDevices.PIN);
        irq.isPicPin(pic);
        return irq;
    }

    // ---------------------------------------------------------------- passthrough

    @Test
    @DisplayName("HSM-PT-01 HSM-PT-02 PCI functions: ENODEV for unknown ones and a mismatch, EINVAL once it runs")
    void pciFunctions() {
        created();
        AcrnPcidev device = pci(ScriptedDevices.FUNCTION);
        assertThat(ioctl(IoctlNumber.ASSIGN_PCIDEV, pci(Bdf.parse("1f:1f.7")))).isEqualTo(ENODEV);
        assertThat(ioctl(IoctlNumber.ASSIGN_PCIDEV, device)).isZero();
        assertThat(devices()).hasSize(1);
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
        assertThat(ioctl(IoctlNumber.ASSIGN_PCIDEV, pci(ScriptedDevices.OTHER))).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.DEASSIGN_PCIDEV, device)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.PAUSE_VM)).isZero();

        assertThat(ioctl(IoctlNumber.DEASSIGN_PCIDEV, pci(ScriptedDevices.OTHER))).isEqualTo(ENODEV);
        assertThat(ioctl(IoctlNumber.DEASSIGN_PCIDEV, device)).isZero();
        assertThat(devices()).isEmpty();
    }

    @Test
    @DisplayName("HSM-PT-03 HSM-PT-04 lines: messages and pins beyond 48, or 16 at the 8259 pair, are EPERM")
    void lines() {
        created();
        assertThat(ioctl(IoctlNumber.ASSIGN_PCIDEV, pci(ScriptedDevices.FUNCTION))).isZero();

        assertThat(ioctl(IoctlNumber.SET_PTDEV_INTR, remap(1, 20, 0))).isEqualTo(EPERM);
        assertThat(ioctl(IoctlNumber.SET_PTDEV_INTR, remap(0, 48, 0))).isEqualTo(EPERM);
        assertThat(ioctl(IoctlNumber.SET_PTDEV_INTR, remap(0, 16, 1))).isEqualTo(EPERM);
        assertThat(ioctl(IoctlNumber.SET_PTDEV_INTR, remap(0, 16, 0x100))).as("one byte counts").isZero();
        assertThat(devices()).singleElement().asString().contains("GSI 16");
        assertThat(ioctl(IoctlNumber.RESET_PTDEV_INTR, remap(0, 16, 0))).isZero();
        assertThat(devices()).singleElement().asString().doesNotContain("GSI");
    }

    @Test
    @DisplayName("HSM-PT-05 memory devices: misaligned or unknown memory is EINVAL, a resource without length is none")
    void memoryDevices() {
        created();
        AcrnMmiodev device = zeros(AcrnMmiodev.LAYOUT, AcrnMmiodev::new);
        device.name("tpm".getBytes(StandardCharsets.US_ASCII));
        device.res(1).userVmPa(0xFED4_0000L);
        device.res(1).serviceVmPa(ScriptedDevices.MEMORY + 8);
        device.res(1).size(0x1000);
        assertThat(ioctl(IoctlNumber.ASSIGN_MMIODEV, device)).isEqualTo(EINVAL);
        device.res(1).serviceVmPa(0x1000);
        assertThat(ioctl(IoctlNumber.ASSIGN_MMIODEV, device)).isEqualTo(EINVAL);
        device.res(1).serviceVmPa(ScriptedDevices.MEMORY);

        assertThat(ioctl(IoctlNumber.ASSIGN_MMIODEV, device)).isZero();
        assertThat(devices()).singleElement().asString().contains("fed40000");
        assertThat(ioctl(IoctlNumber.DEASSIGN_MMIODEV, device)).isZero();
        assertThat(ioctl(IoctlNumber.DEASSIGN_MMIODEV, device)).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("HSM-PT-05 virtual devices: an unknown id is EINVAL, a taken address EEXIST")
    void virtualDevices() {
        created();
        AcrnVdev device = zeros(AcrnVdev.LAYOUT, AcrnVdev::new);
        device.vendor(0x1AF4);
        device.device(0x1111);
        device.slot(GUEST.packed());
        device.args("shared".getBytes(StandardCharsets.US_ASCII));
        assertThat(ioctl(IoctlNumber.CREATE_VDEV, device)).isEqualTo(EINVAL);
        device.device(IVSHMEM);

        assertThat(ioctl(IoctlNumber.CREATE_VDEV, device)).isZero();
        assertThat(ioctl(IoctlNumber.CREATE_VDEV, device)).isEqualTo(EEXIST);
        assertThat(devices()).singleElement().asString().contains("00:05.0");
        assertThat(ioctl(IoctlNumber.DESTROY_VDEV, device)).isZero();
        assertThat(devices()).isEmpty();
    }

    // ---------------------------------------------------------------- interrupt monitor

    private HypercallIntrMonitor monitor(long page, int command, int count) {
        HypercallIntrMonitor monitor = new HypercallIntrMonitor(caller.memory(page));
        monitor.cmd(command);
        monitor.count(count);
        return monitor;
    }

    @Test
    @DisplayName("the monitor fills the caller's page in place; any address in it will do")
    void monitorFillsThePage() {
        created();
        long page = caller.pages(1);
        HypercallIntrMonitor monitor = monitor(page, HypercallIntrMonitor.GET_DATA, 4);
        assertThat(ioctl(IoctlNumber.SET_IRQLINE, 5)).isZero();

        assertThat(ioctl(IoctlNumber.VM_INTR_MONITOR, page + 8)).isZero();

        assertThat(monitor.count()).isEqualTo(2);
        assertThat(monitor.buffer(0)).isEqualTo(5);
        assertThat(monitor.buffer(1)).isEqualTo(1);
    }

    @Test
    @DisplayName("HSM-INT-06 HSM-INT-07 a refused page is unpinned at once, a good one when the next comes or the VM ends")
    void monitorPages() {
        created();
        long first = caller.pages(1);
        long second = caller.pages(1);
        monitor(first, HypercallIntrMonitor.GET_DATA, 48);
        monitor(second, HypercallIntrMonitor.GET_DATA, 49);
        assertThat(ioctl(IoctlNumber.VM_INTR_MONITOR, first)).isZero();
        assertThat(caller.pinned()).isEqualTo(2);

        assertThat(ioctl(IoctlNumber.VM_INTR_MONITOR, second)).isEqualTo(EINVAL);
        assertThat(caller.pinned()).as("the first stays").isEqualTo(2);
        assertThat(ioctl(IoctlNumber.VM_INTR_MONITOR, caller.readOnlyPages(1))).isEqualTo(EFAULT);
        monitor(second, HypercallIntrMonitor.GET_DATA, 48);
        assertThat(ioctl(IoctlNumber.VM_INTR_MONITOR, second)).isZero();
        assertThat(caller.pinned()).isEqualTo(2);

        handle.close();
        assertThat(caller.pinned()).isZero();
    }

    // ---------------------------------------------------------------- power

    private long question(int number, int type) {
        return caller.put(Power.command(hypervisor.partition().vmid(), 0, number, type));
    }

    @Test
    @DisplayName("HSM-PM-01 an unknown type is 0, and the buffer is left alone")
    void unknownType() {
        created();
        long question = question(1, 9);
        long before = caller.memory(question).get(ValueLayout.JAVA_LONG, 0);

        assertThat(ioctl(IoctlNumber.PM_GET_CPU_STATE, question)).isZero();
        assertThat(caller.memory(question).get(ValueLayout.JAVA_LONG, 0)).isEqualTo(before);
    }

    @Test
    @DisplayName("HSM-PM-02 the count overwrites the argument: one byte, seven zeros; index 0 is EPERM")
    void count() {
        created();
        long question = question(0, Power.CX_COUNT);

        assertThat(ioctl(IoctlNumber.PM_GET_CPU_STATE, question)).isZero();

        assertThat(caller.memory(question).get(ValueLayout.JAVA_LONG, 0))
                .isEqualTo(FakeHypervisor.idleStates().size());
        assertThat(ioctl(IoctlNumber.PM_GET_CPU_STATE, question(0, Power.CX_DATA))).isEqualTo(EPERM);
    }

    @Test
    @DisplayName("HSM-PM-03 P-states and a RUNNING target are EPERM")
    void refusedQuestions() {
        created();
        assertThat(ioctl(IoctlNumber.PM_GET_CPU_STATE, question(1, Power.PX_DATA))).isEqualTo(EPERM);
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
        assertThat(ioctl(IoctlNumber.PM_GET_CPU_STATE, question(0, Power.CX_COUNT))).isEqualTo(EPERM);
    }

    @Test
    @DisplayName("HSM-PM-04 a C-state overwrites 32 bytes, more than the number says; where they cannot be written EFAULT")
    void stateData() {
        created();
        long question = question(2, Power.CX_DATA);

        assertThat(ioctl(IoctlNumber.PM_GET_CPU_STATE, question)).isZero();

        AcrnCstateData state = new AcrnCstateData(caller.memory(question));
        assertThat(state.type()).isEqualTo(2);
        assertThat(state.latency()).isEqualTo(50);
        assertThat(state.power()).isEqualTo(500);
        assertThat(state.register().address()).isEqualTo(0x414);

        long last = caller.pages(1) + 4096 - 8;
        caller.memory(last).set(ValueLayout.JAVA_LONG, 0,
                Power.command(hypervisor.partition().vmid(), 0, 2, Power.CX_DATA));
        assertThat(ioctl(IoctlNumber.PM_GET_CPU_STATE, last)).isEqualTo(EFAULT);
    }
}

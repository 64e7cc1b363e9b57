package org.cupule.linux.acrn;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.cupule.abi.AcrnMmiodev;
import org.cupule.abi.AcrnPcidev;
import org.cupule.abi.AcrnPtdevIrq;
import org.cupule.abi.AcrnVdev;
import org.cupule.abi.IoctlNumber;
import org.cupule.hypervisor.AssignedDevice;
import org.cupule.hypervisor.DeviceAssignment;
import org.cupule.hypervisor.InterruptRemap;
import org.cupule.hypervisor.MmioAssignment;
import org.cupule.hypervisor.PciAssignment;
import org.cupule.hypervisor.VirtualDevice;
import org.cupule.types.Bdf;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Devices of the host and of ACRN in one VM ({@code hsm.md} 9). ACRN checks and does it; what people are shown is what
 * was asked of it here and succeeded.
 *
 * @threading any thread; its lock guards the list alone
 */
final class AcrnDevices implements DeviceAssignment {
    private static final int NAME_BYTES = 8;

    private final HsmFile file;
    /** By kind and address in the guest. */
    private final Map<String, AssignedDevice> known = new TreeMap<>();

    AcrnDevices(HsmFile file) {
        this.file = file;
    }

    @Override
    public void assign(PciAssignment device) {
        pci(IoctlNumber.ASSIGN_PCIDEV, device);
        remember(new AssignedDevice("pci", "", device.guest().toString(), device.host().toString(), ""));
    }

    @Override
    public void deassign(PciAssignment device) {
        pci(IoctlNumber.DEASSIGN_PCIDEV, device);
        forget("pci", device.guest().toString());
    }

    private void pci(IoctlNumber command, PciAssignment device) {
        file.call(command, AcrnPcidev::new, to -> {
            to.type(device.type());
            to.virtBdf(device.guest().packed());
            to.physBdf(device.host().packed());
            to.intrLine(device.interruptLine());
            to.intrPin(device.interruptPin());
            for (int bar = 0; bar < PciAssignment.BARS; bar++) {
                to.bar(bar, device.bars().get(bar));
            }
        });
    }

    @Override
    public void assign(MmioAssignment device) {
        mmio(IoctlNumber.ASSIGN_MMIODEV, device);
        remember(new AssignedDevice("mmio", device.name(), guest(device), host(device), ""));
    }

    @Override
    public void deassign(MmioAssignment device) {
        mmio(IoctlNumber.DEASSIGN_MMIODEV, device);
        forget("mmio", guest(device));
    }

    private void mmio(IoctlNumber command, MmioAssignment device) {
        byte[] name = device.name().getBytes(StandardCharsets.UTF_8);
        if (name.length > NAME_BYTES) {
            throw new HsmException(Errno.EINVAL, "passthrough",
                    "'%s' is longer than %d bytes".formatted(device.name(), NAME_BYTES));
        }
        file.call(command, AcrnMmiodev::new, to -> {
            to.name(name);
            for (int i = 0; i < device.resources().size(); i++) {
                MmioAssignment.Resource from = device.resources().get(i);
                to.res(i).userVmPa(from.gpa());
                to.res(i).serviceVmPa(from.hpa());
                to.res(i).size(from.lengthBytes());
                to.res(i).memType(from.memoryType());
            }
        });
    }

    private static String guest(MmioAssignment device) {
        return device.resources().isEmpty() ? "" : "0x%x".formatted(device.resources().getFirst().gpa());
    }

    private static String host(MmioAssignment device) {
        return device.resources().isEmpty() ? "" : "0x%x".formatted(device.resources().getFirst().hpa());
    }

    @Override
    public void create(VirtualDevice device) {
        virtual(IoctlNumber.CREATE_VDEV, device);
        remember(new AssignedDevice("virtual", "%04x:%04x".formatted(device.vendor(), device.device()), guest(device),
                "", ""));
    }

    @Override
    public void destroy(VirtualDevice device) {
        virtual(IoctlNumber.DESTROY_VDEV, device);
        forget("virtual", guest(device));
    }

    private static String guest(VirtualDevice device) {
        return Bdf.of((int) device.slot() & 0xFFFF).toString();
    }

    private void virtual(IoctlNumber command, VirtualDevice device) {
        file.call(command, AcrnVdev::new, to -> {
            to.vendor(device.vendor());
            to.device(device.device());
            to.legacyId(device.legacyId());
            to.slot(device.slot());
            for (int bar = 0; bar < PciAssignment.BARS; bar++) {
                to.ioAddr(bar, device.addresses().get(bar));
                to.ioSize(bar, device.sizes().get(bar));
            }
            to.args(device.arguments());
        });
    }

    @Override
    public void setInterrupt(InterruptRemap remap) {
        interrupt(IoctlNumber.SET_PTDEV_INTR, remap);
        tell(remap, (remap.pic() ? "PIC %d" : "GSI %d").formatted(remap.guestPin()));
    }

    @Override
    public void resetInterrupt(InterruptRemap remap) {
        interrupt(IoctlNumber.RESET_PTDEV_INTR, remap);
        tell(remap, "");
    }

    private void interrupt(IoctlNumber command, InterruptRemap remap) {
        file.call(command, AcrnPtdevIrq::new, to -> {
            to.type(remap.type());
            to.virtBdf(remap.guest().packed());
            to.physBdf(remap.host().packed());
            to.virtPin(remap.guestPin());
            to.physPin(remap.hostPin());
            to.isPicPin(remap.pic() ? 1 : 0);
        });
    }

    @Override
    public synchronized List<AssignedDevice> devices() {
        return new ArrayList<>(known.values());
    }

    private synchronized void remember(AssignedDevice device) {
        known.put(device.kind() + " " + device.guest(), device);
    }

    private synchronized void forget(String kind, String guest) {
        known.remove(kind + " " + guest);
    }

    private synchronized void tell(InterruptRemap remap, String interrupt) {
        known.computeIfPresent("pci " + remap.guest(), (key, was) -> new AssignedDevice(was.kind(), was.name(),
                was.guest(), was.host(), interrupt));
    }
}

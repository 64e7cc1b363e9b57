package org.cupule.hv.sim;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.cupule.abi.AcrnMmiodev;
import org.cupule.abi.AcrnPcidev;
import org.cupule.abi.AcrnPtdevIrq;
import org.cupule.abi.AcrnVdev;
import org.cupule.abi.HypercallId;
import org.cupule.hypervisor.DeviceAssignment;
import org.cupule.hypervisor.InterruptRemap;
import org.cupule.hypervisor.MmioAssignment;
import org.cupule.hypervisor.PciAssignment;
import org.cupule.hypervisor.VirtualDevice;
import org.cupule.types.Bdf;

/**
 * The hypercalls for devices that no device model emulates ({@code hsm.md} 9): structures to the same calls as the Java
 * HSM makes.
 *
 * @threading confined to the call
 */
final class DeviceCalls {
    private final ServiceMemory memory;
    private final DeviceAssignment devices;

    DeviceCalls(ServiceMemory memory, DeviceAssignment devices) {
        this.memory = memory;
        this.devices = devices;
    }

    /** {@return whether a hypercall is one of them} */
    static boolean has(HypercallId id) {
        return switch (id) {
            case ASSIGN_PCIDEV, DEASSIGN_PCIDEV, ASSIGN_MMIODEV, DEASSIGN_MMIODEV, CREATE_VDEV, DESTROY_VDEV,
                    SET_PTDEV_INTR, RESET_PTDEV_INTR ->
                true;
            default -> false;
        };
    }

    void call(HypercallId id, long gpa) {
        switch (id) {
            case ASSIGN_PCIDEV -> devices.assign(pci(gpa));
            case DEASSIGN_PCIDEV -> devices.deassign(pci(gpa));
            case ASSIGN_MMIODEV -> devices.assign(mmio(gpa));
            case DEASSIGN_MMIODEV -> devices.deassign(mmio(gpa));
            case CREATE_VDEV -> devices.create(virtual(gpa));
            case DESTROY_VDEV -> devices.destroy(virtual(gpa));
            case SET_PTDEV_INTR -> devices.setInterrupt(remap(gpa));
            case RESET_PTDEV_INTR -> devices.resetInterrupt(remap(gpa));
            default -> throw new IllegalArgumentException(id + " is not for devices");
        }
    }

    private <T> T in(long gpa, long bytes, Function<MemorySegment, T> view) {
        return view.apply(memory.read(gpa, bytes));
    }

    private PciAssignment pci(long gpa) {
        AcrnPcidev device = in(gpa, AcrnPcidev.LAYOUT.byteSize(), AcrnPcidev::new);
        return new PciAssignment(device.type(), Bdf.of(device.virtBdf()), Bdf.of(device.physBdf()), device.intrLine(),
                device.intrPin(), six(device::bar));
    }

    private MmioAssignment mmio(long gpa) {
        AcrnMmiodev device = in(gpa, AcrnMmiodev.LAYOUT.byteSize(), AcrnMmiodev::new);
        String name = new String(device.name(), StandardCharsets.ISO_8859_1).split("\0", 2)[0];
        return new MmioAssignment(name, IntStream.range(0, AcrnMmiodev.RESOURCES).mapToObj(device::res)
                .map(place -> new MmioAssignment.Resource(place.userVmPa(), place.serviceVmPa(), place.size(),
                        place.memType()))
                .toList());
    }

    private VirtualDevice virtual(long gpa) {
        AcrnVdev device = in(gpa, AcrnVdev.LAYOUT.byteSize(), AcrnVdev::new);
        return new VirtualDevice(device.vendor(), device.device(), device.legacyId(), device.slot(),
                six(device::ioAddr), six(device::ioSize), device.args());
    }

    private InterruptRemap remap(long gpa) {
        AcrnPtdevIrq irq = in(gpa, AcrnPtdevIrq.LAYOUT.byteSize(), AcrnPtdevIrq::new);
        // One byte of the last number counts (hsm.md 2.5).
        return new InterruptRemap(irq.type(), Bdf.of(irq.virtBdf()), Bdf.of(irq.physBdf()), irq.virtPin(),
                irq.physPin(), (irq.isPicPin() & 0xFF) != 0);
    }

    private static List<Integer> six(IntUnaryOperator element) {
        return IntStream.range(0, PciAssignment.BARS).map(element).boxed().toList();
    }
}

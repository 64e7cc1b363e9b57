package org.cupule.hsm.impl.device;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.cupule.abi.AcrnMmiodev;
import org.cupule.abi.AcrnPcidev;
import org.cupule.abi.AcrnPtdevIrq;
import org.cupule.abi.AcrnVdev;
import org.cupule.abi.IoctlNumber;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.passthrough.Passthrough;
import org.cupule.hypervisor.InterruptRemap;
import org.cupule.hypervisor.MmioAssignment;
import org.cupule.hypervisor.PciAssignment;
import org.cupule.hypervisor.VirtualDevice;
import org.cupule.types.Bdf;

/**
 * The commands for devices that nobody emulates here ({@code hsm.md} 9): structures to records.
 *
 * @threading any thread
 */
record DeviceCommands(VirtualMachine vm, Caller caller) {
    /** Copies the argument in first, as the driver does; then asks the VM. */
    void carryOut(IoctlNumber command, long argument) {
        switch (command) {
            case ASSIGN_PCIDEV -> with(pci(argument), Passthrough::assign);
            case DEASSIGN_PCIDEV -> with(pci(argument), Passthrough::deassign);
            case ASSIGN_MMIODEV -> with(mmio(argument), Passthrough::assign);
            case DEASSIGN_MMIODEV -> with(mmio(argument), Passthrough::deassign);
            case CREATE_VDEV -> with(virtual(argument), Passthrough::create);
            case DESTROY_VDEV -> with(virtual(argument), Passthrough::destroy);
            case SET_PTDEV_INTR -> with(remap(argument), Passthrough::setInterrupt);
            case RESET_PTDEV_INTR -> with(remap(argument), Passthrough::resetInterrupt);
            default -> throw new IllegalArgumentException(command + " is no command for devices");
        }
    }

    private <T> void with(T argument, BiConsumer<Passthrough, T> action) {
        action.accept(vm.passthrough(), argument);
    }

    private PciAssignment pci(long argument) {
        AcrnPcidev device = caller.in(argument, AcrnPcidev.LAYOUT, AcrnPcidev::new);
        return new PciAssignment(device.type(), Bdf.of(device.virtBdf()), Bdf.of(device.physBdf()), device.intrLine(),
                device.intrPin(), six(device::bar));
    }

    private MmioAssignment mmio(long argument) {
        AcrnMmiodev device = caller.in(argument, AcrnMmiodev.LAYOUT, AcrnMmiodev::new);
        return new MmioAssignment(VmWish.text(device.name()), IntStream.range(0, AcrnMmiodev.RESOURCES)
                .mapToObj(device::res).map(resource -> new MmioAssignment.Resource(resource.userVmPa(),
                        resource.serviceVmPa(), resource.size(), resource.memType()))
                .toList());
    }

    private VirtualDevice virtual(long argument) {
        AcrnVdev device = caller.in(argument, AcrnVdev.LAYOUT, AcrnVdev::new);
        return new VirtualDevice(device.vendor(), device.device(), device.legacyId(), device.slot(),
                six(device::ioAddr), six(device::ioSize), device.args());
    }

    private InterruptRemap remap(long argument) {
        AcrnPtdevIrq irq = caller.in(argument, AcrnPtdevIrq.LAYOUT, AcrnPtdevIrq::new);
        // The hypervisor reads one byte of the last number (hsm.md 2.5).
        return new InterruptRemap(irq.type(), Bdf.of(irq.virtBdf()), Bdf.of(irq.physBdf()), irq.virtPin(),
                irq.physPin(), (irq.isPicPin() & 0xFF) != 0);
    }

    private static List<Integer> six(IntUnaryOperator element) {
        return IntStream.range(0, PciAssignment.BARS).map(element).boxed().toList();
    }
}

package org.cupule.hsm.impl.device;

import java.util.OptionalLong;
import org.cupule.abi.AcrnIoeventfd;
import org.cupule.abi.AcrnIrqfd;
import org.cupule.host.EventFd;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.eventfd.IoEventFd;
import org.cupule.types.AddressSpace;
import org.cupule.types.Msi;

/**
 * IOEVENTFD and IRQFD ({@code hsm.md} 12). Handles are looked up for the call only: what stays is the caller's own
 * descriptor.
 *
 * @threading any thread
 */
record EventFdCommands(VirtualMachine vm, Caller caller) {
    /** The numbers are looked at before the descriptor. Unknown flags are ignored. */
    void ioEventFd(AcrnIoeventfd argument) {
        OpenHandle.check(argument.reserved() == 0, "IOEVENTFD");
        if ((argument.flags() & AcrnIoeventfd.DEASSIGN) != 0) {
            try (EventFd eventFd = caller.descriptors().eventFd(argument.fd())) {
                vm.eventFds().deassignIoEventFd(eventFd);
            }
            return;
        }
        IoEventFd wanted = wanted(argument);
        try (EventFd eventFd = caller.descriptors().eventFd(argument.fd())) {
            vm.eventFds().assign(eventFd, wanted);
        }
    }

    private static IoEventFd wanted(AcrnIoeventfd argument) {
        int flags = argument.flags();
        return new IoEventFd((flags & AcrnIoeventfd.PIO) != 0 ? AddressSpace.PORTIO : AddressSpace.MMIO,
                argument.addr(), argument.len(),
                (flags & AcrnIoeventfd.DATAMATCH) != 0 ? OptionalLong.of(argument.data()) : OptionalLong.empty());
    }

    void irqFd(AcrnIrqfd argument) {
        try (EventFd eventFd = caller.descriptors().eventFd(argument.fd())) {
            if ((argument.flags() & AcrnIrqfd.DEASSIGN) != 0) {
                vm.eventFds().deassignIrqFd(eventFd);
            } else {
                vm.eventFds().assign(eventFd, new Msi(argument.msi().address(), argument.msi().data()));
            }
        }
    }
}

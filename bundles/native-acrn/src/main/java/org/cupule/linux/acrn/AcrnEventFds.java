package org.cupule.linux.acrn;

import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import org.cupule.abi.AcrnIoeventfd;
import org.cupule.abi.AcrnIrqfd;
import org.cupule.abi.IoctlNumber;
import org.cupule.host.Descriptor;
import org.cupule.hypervisor.EventFdOffload;
import org.cupule.types.AddressSpace;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;

/**
 * Event counters that the driver signals and listens to itself ({@code hsm.md} 12): no request of theirs ever comes
 * here. Those of a VM that is destroyed are the driver's to end.
 *
 * @threading any thread
 */
final class AcrnEventFds implements EventFdOffload {
    private final HsmFile file;
    private final BooleanSupplier gone;

    AcrnEventFds(HsmFile file, BooleanSupplier gone) {
        this.file = file;
        this.gone = gone;
    }

    @Override
    public void assignIoEventFd(Descriptor eventFd, IoRange range, OptionalLong match) {
        ioEventFd(eventFd, range, match, 0);
    }

    @Override
    public void deassignIoEventFd(Descriptor eventFd, IoRange range, OptionalLong match) {
        if (!gone.getAsBoolean()) {
            ioEventFd(eventFd, range, match, AcrnIoeventfd.DEASSIGN);
        }
    }

    private void ioEventFd(Descriptor eventFd, IoRange range, OptionalLong match, int flags) {
        int space = range.space() == AddressSpace.PORTIO ? AcrnIoeventfd.PIO : 0;
        int matching = match.isPresent() ? AcrnIoeventfd.DATAMATCH : 0;
        file.call(IoctlNumber.IOEVENTFD, AcrnIoeventfd::new, to -> {
            to.fd(eventFd.number());
            to.flags(space | matching | flags);
            to.addr(range.first());
            to.len((int) (range.last() - range.first() + 1));
            to.data(match.orElse(0));
        });
    }

    @Override
    public void assignIrqFd(Descriptor eventFd, Msi msi) {
        file.call(IoctlNumber.IRQFD, AcrnIrqfd::new, to -> {
            to.fd(eventFd.number());
            to.msi().address(msi.address());
            to.msi().data(msi.data());
        });
    }

    @Override
    public void deassignIrqFd(Descriptor eventFd) {
        if (!gone.getAsBoolean()) {
            file.call(IoctlNumber.IRQFD, AcrnIrqfd::new, to -> {
                to.fd(eventFd.number());
                to.flags(AcrnIrqfd.DEASSIGN);
            });
        }
    }
}

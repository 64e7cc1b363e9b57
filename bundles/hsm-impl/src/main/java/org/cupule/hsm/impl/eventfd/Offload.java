package org.cupule.hsm.impl.eventfd;

import java.util.Optional;
import org.cupule.host.Descriptor;
import org.cupule.host.EventFd;
import org.cupule.hsm.eventfd.IoEventFd;
import org.cupule.hypervisor.EventFdOffload;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.HypervisorInfo.Capability;
import org.cupule.hypervisor.Partition;
import org.cupule.types.Msi;

/**
 * What the hypervisor does itself, where it declares so and the counter is a real eventfd. What it has taken is held by
 * a descriptor of its own, until it gives it back.
 *
 * @threading any thread
 */
final class Offload {
    private final Optional<EventFdOffload> ioEventFds;
    private final Optional<EventFdOffload> irqFds;

    Offload(HypervisorInfo info, Partition partition) {
        ioEventFds = info.capabilities().contains(Capability.IOEVENTFD_OFFLOAD)
                ? partition.eventFdOffload()
                : Optional.empty();
        irqFds = info.capabilities().contains(Capability.IRQFD_OFFLOAD)
                ? partition.eventFdOffload()
                : Optional.empty();
    }

    /** What the hypervisor has taken; closing it takes it back. */
    interface Taken extends AutoCloseable {
        @Override
        void close();
    }

    private interface Call {
        void on(EventFdOffload offload, Descriptor descriptor);
    }

    /** {@return what the hypervisor has taken; empty when the HSM has to do it} */
    Optional<Taken> assign(EventFd eventFd, IoEventFd spec) {
        return take(ioEventFds, eventFd, (to, fd) -> to.assignIoEventFd(fd, spec.range(), spec.match()),
                (to, fd) -> to.deassignIoEventFd(fd, spec.range(), spec.match()));
    }

    /** {@return what the hypervisor has taken; empty when the HSM has to do it} */
    Optional<Taken> assign(EventFd eventFd, Msi msi) {
        return take(irqFds, eventFd, (to, fd) -> to.assignIrqFd(fd, msi), EventFdOffload::deassignIrqFd);
    }

    private static Optional<Taken> take(Optional<EventFdOffload> offload, EventFd eventFd, Call assign,
            Call deassign) {
        if (offload.isEmpty()) {
            return Optional.empty();
        }
        Optional<Descriptor> descriptor = eventFd.descriptor();
        return descriptor.map(fd -> taken(offload.get(), fd, assign, deassign));
    }

    private static Taken taken(EventFdOffload offload, Descriptor descriptor, Call assign, Call deassign) {
        try {
            assign.on(offload, descriptor);
        } catch (RuntimeException | Error refused) {
            descriptor.close();
            throw refused;
        }
        return () -> {
            try (descriptor) {
                deassign.on(offload, descriptor);
            }
        };
    }
}

package org.cupule.hsm.impl.eventfd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.cupule.host.EventFd;
import org.cupule.hsm.eventfd.EventFds.IrqFdInfo;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The irqfds of one VM. Who takes one out of the list ends it: so it ends once, by deassign, hang-up or the end of the
 * VM, whichever comes first.
 *
 * @threading any thread; nothing foreign is called under its lock
 */
final class IrqFds {
    private static final Logger LOG = LoggerFactory.getLogger(IrqFds.class);

    private final Consumer<Msi> inject;
    private final Offload offload;
    private final List<IrqFd> all = new ArrayList<>();
    private boolean closed;

    IrqFds(Consumer<Msi> inject, Offload offload) {
        this.inject = inject;
        this.offload = offload;
    }

    void assign(EventFd eventFd, Msi msi) {
        IrqFd irqFd = new IrqFd(eventFd, msi, inject, this::hungUp);
        add(irqFd);
        try {
            irqFd.hook(offload);
        } catch (RuntimeException | Error failure) {
            take(irqFd);
            throw failure;
        }
    }

    private synchronized void add(IrqFd irqFd) {
        if (closed) {
            throw new HsmException(Errno.EINVAL, "irqfd", "the VM is destroyed");
        }
        if (find(irqFd.eventFd) != null) {
            throw new HsmException(Errno.EBUSY, "irqfd",
                    irqFd.eventFd + " interrupts this VM already; deassign it first");
        }
        all.add(irqFd);
    }

    private @Nullable IrqFd find(EventFd eventFd) {
        for (IrqFd irqFd : all) {
            if (irqFd.eventFd.same(eventFd)) {
                return irqFd;
            }
        }
        return null;
    }

    private synchronized boolean take(IrqFd irqFd) {
        return all.remove(irqFd);
    }

    private synchronized @Nullable IrqFd take(EventFd eventFd) {
        IrqFd found = find(eventFd);
        all.remove(found);
        return found;
    }

    private void hungUp(IrqFd irqFd) {
        if (take(irqFd)) {
            irqFd.end();
        }
    }

    void deassign(EventFd eventFd) {
        IrqFd found = take(eventFd);
        if (found != null) {
            found.end();
        }
    }

    synchronized List<IrqFdInfo> infos() {
        return all.stream().map(IrqFd::info).toList();
    }

    /** Ends all. */
    void close() {
        for (IrqFd irqFd : takeAll()) {
            try {
                irqFd.end();
            } catch (HsmException late) {
                LOG.error("an irqfd has not ended", late);
            }
        }
    }

    private synchronized List<IrqFd> takeAll() {
        closed = true;
        List<IrqFd> taken = List.copyOf(all);
        all.clear();
        return taken;
    }
}

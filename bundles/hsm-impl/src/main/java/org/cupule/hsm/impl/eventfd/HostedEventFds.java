package org.cupule.hsm.impl.eventfd;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.cupule.host.EventFd;
import org.cupule.hsm.eventfd.EventFds;
import org.cupule.hsm.eventfd.IoEventFd;
import org.cupule.hsm.impl.life.Life;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.Partition;
import org.cupule.types.Msi;

/**
 * The ioeventfds and irqfds of one VM.
 *
 * @threading any thread
 */
public final class HostedEventFds implements EventFds {
    private final Life life;
    private final Supplier<EventFd> counters;
    private final IoEventFds ioEventFds;
    private final IrqFds irqFds;

    /**
     * Makes a VM's side, empty.
     *
     * @param before
     *            run before each injection
     * @param clients
     *            makes the client of I/O requests that is older than all others
     * @param settle
     *            waits until no write that was routed before is inside that client
     * @param counters
     *            makes counters
     */
    public HostedEventFds(Life life, HypervisorInfo info, Partition partition, Runnable before,
            Function<IoHandler, IoClient> clients, Consumer<IoClient> settle, Supplier<EventFd> counters) {
        this.life = life;
        this.counters = counters;
        Offload offload = new Offload(info, partition);
        this.ioEventFds = new IoEventFds(clients, settle, offload);
        this.irqFds = new IrqFds(msi -> {
            before.run();
            partition.injectMsi(msi);
        }, offload);
    }

    @Override
    public EventFd create() {
        life.check("create");
        return counters.get();
    }

    @Override
    public void assign(EventFd eventFd, IoEventFd ioEventFd) {
        life.check("ioeventfd");
        ioEventFds.assign(eventFd, ioEventFd);
    }

    @Override
    public void deassignIoEventFd(EventFd eventFd) {
        life.check("ioeventfd");
        ioEventFds.deassign(eventFd);
    }

    @Override
    public void assign(EventFd eventFd, Msi msi) {
        life.check("irqfd");
        irqFds.assign(eventFd, msi);
    }

    @Override
    public void deassignIrqFd(EventFd eventFd) {
        life.check("irqfd");
        irqFds.deassign(eventFd);
    }

    @Override
    public List<IoEventFdInfo> ioEventFds() {
        life.check("ioEventFds");
        return ioEventFds.infos();
    }

    @Override
    public List<IrqFdInfo> irqFds() {
        life.check("irqFds");
        return irqFds.infos();
    }

    /** Ends all, after the hypervisor has destroyed the VM: first the ioeventfds, then the irqfds. */
    public void close() {
        ioEventFds.close();
        irqFds.close();
    }
}

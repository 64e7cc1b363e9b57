package org.cupule.hsm.impl.eventfd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.cupule.host.EventFd;
import org.cupule.hsm.eventfd.EventFds.IoEventFdInfo;
import org.cupule.hsm.eventfd.IoEventFd;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ioeventfds of one VM: one client of its I/O requests, older than all others, made with the first ioeventfd. A
 * write rings on the thread that dispatches it and allocates nothing.
 *
 * @threading any thread; changes exclude each other, and nobody who dispatches waits for one
 */
final class IoEventFds {
    private static final Logger LOG = LoggerFactory.getLogger(IoEventFds.class);

    private final Function<IoHandler, IoClient> clients;
    private final Consumer<IoClient> settle;
    private final Offload offload;
    private final List<Bell> all = new ArrayList<>();
    /** Those whose range is gone, while a write may be on its way to them still. */
    private final List<Bell> leaving = new ArrayList<>();
    private volatile @Nullable IoClient client;
    private boolean closed;
    private volatile Bells bells = Bells.NONE;

    /**
     * Makes none.
     *
     * @param clients
     *            makes the client that writes are routed to
     * @param settle
     *            waits until no write that was routed before is inside the client
     */
    IoEventFds(Function<IoHandler, IoClient> clients, Consumer<IoClient> settle, Offload offload) {
        this.clients = clients;
        this.settle = settle;
        this.offload = offload;
    }

    private long handle(IoAccess access) {
        if (access.write()) {
            Bell bell = bells.find(access);
            if (bell != null) {
                bell.ring();
            }
        }
        return 0;
    }

    synchronized void assign(EventFd eventFd, IoEventFd spec) {
        if (closed) {
            throw new HsmException(Errno.EINVAL, "ioeventfd", "the VM is destroyed");
        }
        if (all.stream().anyMatch(bell -> bell.conflicts(eventFd, spec))) {
            throw new HsmException(Errno.EEXIST, "ioeventfd",
                    eventFd + " is signalled at " + spec + " already; deassign it first");
        }
        Bell bell = bell(eventFd, spec);
        all.add(bell);
        publish(); // before the range is there, so that no write finds nobody
        if (!bell.offloaded()) {
            claim(spec);
        }
    }

    private Bell bell(EventFd eventFd, IoEventFd spec) {
        EventFd.Signaller signaller = eventFd.signaller();
        try {
            return new Bell(eventFd, spec, offload.assign(eventFd, spec).orElse(null), signaller);
        } catch (RuntimeException | Error refused) {
            signaller.close();
            throw refused;
        }
    }

    private void claim(IoEventFd spec) {
        IoClient present = client;
        if (present == null) {
            present = clients.apply(this::handle);
            client = present;
        }
        present.add(spec.range());
    }

    /** A write that is on its way when the range goes still rings: who waits for it does not hold the lock. */
    void deassign(EventFd eventFd) {
        Bell bell = takeOut(eventFd);
        if (bell != null) {
            IoClient served = client;
            if (!bell.offloaded() && served != null) {
                settle.accept(served);
            }
            letGo(bell);
        }
    }

    private synchronized @Nullable Bell takeOut(EventFd eventFd) {
        for (Bell bell : all) {
            if (bell.eventFd.same(eventFd)) {
                all.remove(bell);
                leaving.add(bell);
                if (!bell.offloaded() && client != null) {
                    client.remove(bell.spec.range());
                }
                publish();
                return bell;
            }
        }
        return null;
    }

    private synchronized void letGo(Bell bell) {
        leaving.remove(bell);
        publish();
        bell.release();
    }

    /** Those that leave come last: a new one at the same place rings first. */
    private void publish() {
        List<Bell> served = new ArrayList<>(all);
        served.addAll(leaving);
        bells = closed ? Bells.NONE : Bells.of(served);
    }

    synchronized List<IoEventFdInfo> infos() {
        return all.stream().map(Bell::info).toList();
    }

    /** Ends the client, then lets go of all counters ({@code hsm.md} 4.6); the hypervisor has forgotten its own. */
    synchronized void close() {
        closed = true;
        if (client != null) {
            try {
                client.close();
            } catch (HsmException late) {
                LOG.error("the ioeventfd client has not ended", late);
            }
        }
        bells = Bells.NONE;
        all.forEach(IoEventFds::release);
        all.clear();
    }

    private static void release(Bell bell) {
        try {
            bell.release();
        } catch (HsmException refused) {
            LOG.debug("the hypervisor has destroyed its ioeventfd {} already", bell.spec, refused);
        }
    }
}

package org.cupule.hsm.impl.eventfd;

import java.util.ArrayList;
import java.util.List;
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
    private final Offload offload;
    private final List<Bell> all = new ArrayList<>();
    private @Nullable IoClient client;
    private boolean closed;
    private volatile Bells bells = Bells.NONE;

    IoEventFds(Function<IoHandler, IoClient> clients, Offload offload) {
        this.clients = clients;
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
        bells = Bells.of(all); // before the range is there, so that no write finds nobody
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

    synchronized void deassign(EventFd eventFd) {
        for (Bell bell : all) {
            if (bell.eventFd.same(eventFd)) {
                remove(bell);
                return;
            }
        }
    }

    private void remove(Bell bell) {
        all.remove(bell);
        if (!bell.offloaded() && client != null) {
            client.remove(bell.spec.range());
        }
        bells = Bells.of(all);
        bell.release();
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

package org.cupule.hsm.impl.whiteboard;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.cupule.types.IoRange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One {@link IoRequestClient} and its clients in VMs.
 *
 * <p>
 * The service's gate lets one attachment or change go on at a time, and none begin after {@link #close}. Clients are
 * removed outside it: that waits for handlers, and a handler may be just about to end its VM.
 *
 * @threading any thread
 */
final class Attachments {
    private static final Logger LOG = LoggerFactory.getLogger(Attachments.class);

    /** A client in a VM. */
    private record Attached(int vmid, IoClient client) {
    }

    private final IoRequestClient service;
    private final ReentrantLock gate = new ReentrantLock();
    private final Map<VirtualMachine, Attached> clients = new ConcurrentHashMap<>();
    private final List<? extends VirtualMachine> machines;
    private Wish wish;
    private boolean closed;

    /**
     * Begins without a client.
     *
     * @param machines
     *            the HSM's list, which changes
     */
    Attachments(IoRequestClient service, Wish wish, List<? extends VirtualMachine> machines) {
        this.service = service;
        this.machines = machines;
        this.wish = wish;
    }

    IoRequestClient service() {
        return service;
    }

    /** Attaches to those VMs that match and have no client of it yet. */
    void attachAll() {
        gate.lock();
        try {
            if (!closed) {
                machines.forEach(this::attach);
            }
        } finally {
            gate.unlock();
        }
    }

    private void attach(VirtualMachine vm) {
        try {
            if (!clients.containsKey(vm) && wish.matches(vm.name())) {
                add(vm, vm.vmid());
            }
        } catch (RuntimeException | Error failure) { // of a plug-in, or of a VM that was just destroyed
            LOG.warn("client '{}' was not attached to a VM", wish.name(), failure);
        }
    }

    private void add(VirtualMachine vm, int vmid) {
        IoHandler handler = service.attach(vmid, vm.name());
        IoClient client = wish.threaded()
                ? vm.ioRequests().threaded(wish.name(), handler)
                : vm.ioRequests().inline(wish.name(), handler);
        wish.ranges().forEach(client::add);
        clients.put(vm, new Attached(vmid, client));
        if (!machines.contains(vm)) { // destroyed meanwhile: partner in forget()
            detach(vm);
        }
    }

    /** Takes new properties: name and thread hold for VMs to come, ranges and VMs for all. */
    void change(Wish next) {
        List<VirtualMachine> left = new ArrayList<>();
        gate.lock();
        try {
            Wish before = wish;
            wish = next;
            clients.forEach((vm, attached) -> {
                if (next.matches(vm.name())) {
                    change(attached.client, before.ranges(), next.ranges());
                } else {
                    left.add(vm);
                }
            });
        } finally {
            gate.unlock();
        }
        left.forEach(this::detach);
        attachAll();
    }

    /** New ranges first, so that what both have is never without the client. */
    private static void change(IoClient client, List<IoRange> before, List<IoRange> after) {
        after.stream().filter(range -> !before.contains(range)).forEach(client::add);
        before.stream().filter(range -> !after.contains(range)).forEach(client::remove);
    }

    /** A VM is no longer in the list: its client is removed. Partner in add(). */
    void forget(VirtualMachine vm) {
        detach(vm);
    }

    /** The service goes away: removes all its clients, and calls it no more. */
    void close() {
        gate.lock();
        try {
            closed = true;
        } finally {
            gate.unlock();
        }
        clients.keySet().forEach(this::detach);
    }

    private void detach(VirtualMachine vm) {
        Attached attached = clients.remove(vm);
        if (attached == null) {
            return;
        }
        try {
            attached.client.close();
        } catch (RuntimeException | Error failure) {
            LOG.error("a client that leaves did not end in time", failure);
        }
        try {
            service.detach(attached.vmid);
        } catch (RuntimeException | Error failure) {
            LOG.warn("a client failed when it was detached", failure);
        }
    }
}

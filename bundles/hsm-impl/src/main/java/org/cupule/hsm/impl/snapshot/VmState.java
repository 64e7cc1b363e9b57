package org.cupule.hsm.impl.snapshot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.cupule.hsm.eventfd.EventFds;
import org.cupule.hsm.impl.ioreq.RoutedIoRequests;
import org.cupule.hsm.impl.life.Life;
import org.cupule.hsm.impl.memory.MappedMemory;
import org.cupule.hsm.impl.memory.SavedMemory;
import org.cupule.hsm.passthrough.Passthrough;
import org.cupule.hsm.snapshot.RamContent;
import org.cupule.hsm.snapshot.Snapshot;
import org.cupule.hsm.snapshot.StillVm;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.HypervisorInfo.Capability;
import org.cupule.hypervisor.Partition;
import org.cupule.ram.Ram;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * One VM as data: what the HSM knows, and what the hypervisor does.
 *
 * <pre>
 *  hsm.requests          page, counts, PCI address latch
 *  hsm.memory            what is mapped where; its content apart
 *  hypervisor.PLACE      as the hypervisor calls it
 * </pre>
 *
 * @threading any thread; {@link #restore} by who has made the VM, before anybody else knows it
 */
public final class VmState implements Snapshot {
    private static final String REQUESTS = "hsm.requests";
    private static final String MEMORY = "hsm.memory";
    private static final int CHANGE_SECONDS = 5;
    private static final String HYPERVISOR = "hypervisor.";

    private final Life life;
    private final HypervisorInfo hypervisor;
    private final Partition partition;
    private final MappedMemory memory;
    private final RoutedIoRequests ioRequests;
    private final EventFds eventFds;
    private final Passthrough passthrough;
    /** Outermost. Exclusive for who saves, shared by all who change the VM's state. */
    private final ReentrantReadWriteLock changes = new ReentrantReadWriteLock();

    /** Takes the parts of a VM. */
    public VmState(Life life, HypervisorInfo hypervisor, Partition partition, MappedMemory memory,
            RoutedIoRequests ioRequests, EventFds eventFds, Passthrough passthrough) {
        this.life = life;
        this.hypervisor = hypervisor;
        this.partition = partition;
        this.memory = memory;
        this.ioRequests = ioRequests;
        this.eventFds = eventFds;
        this.passthrough = passthrough;
    }

    /** Changes the state of the VM, not while it is being saved. */
    public void change(Runnable action) {
        changes.readLock().lock();
        try {
            action.run();
        } finally {
            changes.readLock().unlock();
        }
    }

    @Override
    public List<String> obstacles() {
        life.check("snapshot");
        var sentences = new ArrayList<String>();
        sentences.addAll(missing());
        sentences.addAll(memory.saveObstacles());
        eventFds.ioEventFds()
                .forEach(each -> sentences.add("a counter (%s) is signalled at %s, and who waits for it is "
                        .formatted(each.eventFd(), each.ioEventFd())
                        + "another program: take this ioeventfd away first"));
        eventFds.irqFds().forEach(each -> sentences.add("a counter (%s) sends it interrupts, and who signals it is "
                .formatted(each.eventFd()) + "another program: take this irqfd away first"));
        if (hypervisor.capabilities().contains(Capability.PASSTHROUGH)) {
            passthrough.devices().forEach(device -> sentences.add(
                    "the %s device '%s' at %s is none of this HSM, and its state cannot be read: take it away first"
                            .formatted(device.kind(), device.name(), device.guest())));
        }
        return List.copyOf(sentences);
    }

    private List<String> missing() {
        for (Capability needed : List.of(Capability.SNAPSHOT, Capability.READ_REGISTERS)) {
            if (!hypervisor.capabilities().contains(needed)) {
                return List.of("the hypervisor '%s' has not the capability %s: choose another one"
                        .formatted(hypervisor.name(), needed.name().toLowerCase(java.util.Locale.ROOT)));
            }
        }
        return partition.saveObstacles();
    }

    // ---- save

    @Override
    public void take(Consumer<StillVm> writer) {
        lock();
        try {
            List<String> obstacles = obstacles();
            if (!obstacles.isEmpty()) {
                throw new HsmException(Errno.EOPNOTSUPP, "snapshot", String.join("; ", obstacles));
            }
            if (partition.state() != Partition.State.PAUSED) {
                throw new HsmException(Errno.EBUSY, "snapshot", "the VM is " + partition.state() + ": pause it first");
            }
            partition.pause(); // from now on it does not go on by itself either
            ioRequests.whileStill(() -> writer.accept(new Still(memory.save())));
        } finally {
            changes.writeLock().unlock();
        }
    }

    private void lock() {
        try {
            if (changes.writeLock().tryLock(CHANGE_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new HsmException(Errno.ETIMEDOUT, "snapshot", "another change of the VM has not ended for %d s"
                .formatted(CHANGE_SECONDS));
    }

    private final class Still implements StillVm {
        private final SavedMemory saved;

        Still(SavedMemory saved) {
            this.saved = saved;
        }

        @Override
        public Map<String, ModelState> states() {
            var states = new TreeMap<String, ModelState>();
            partition.save().forEach((place, state) -> states.put(HYPERVISOR + place, state));
            states.put(REQUESTS, ioRequests.save());
            states.put(MEMORY, saved.state());
            return states;
        }

        @Override
        public List<Ram> backings() {
            return saved.backings();
        }
    }

    // ---- restore

    /** Puts a saved state into a VM that was just made. When it fails, the VM can only be destroyed. */
    public void restore(Map<String, ModelState> states, RamContent content) {
        List<String> missing = missing();
        if (!missing.isEmpty()) {
            throw new HsmException(Errno.EOPNOTSUPP, "restore", String.join("; ", missing));
        }
        try {
            memory.restore(state(states, MEMORY), content);
            ioRequests.restore(state(states, REQUESTS));
        } catch (StateException e) {
            throw new HsmException(Errno.EINVAL, "restore", "the saved state cannot be: " + e.getMessage(), e);
        }
        var below = new HashMap<String, ModelState>();
        states.forEach((place, state) -> {
            if (place.startsWith(HYPERVISOR)) {
                below.put(place.substring(HYPERVISOR.length()), state);
            }
        });
        partition.restore(below);
    }

    private static ModelState state(Map<String, ModelState> states, String place) {
        ModelState state = states.get(place);
        if (state == null) {
            throw new StateException("there is no state of '%s'".formatted(place));
        }
        return state;
    }
}

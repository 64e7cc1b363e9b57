package org.cupule.hv.sim;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Upcall;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a Service VM has beyond other VMs: the User VMs that its guest has made, by ids of its own, and the interrupt by
 * which it hears of their requests ({@code hsm.md} 3.5, 3.8).
 *
 * <p>
 * A User VM's memory is the Service VM's: so User VMs end before the Service VM does.
 *
 * @threading any thread
 */
final class ServiceVm {
    /** How many User VMs there may be; ids are 1 to this. */
    static final int MOST_VMS = 64;
    /** The vector of the upcall as long as nobody asks for another one. */
    static final int UPCALL_VECTOR = 0xF3;

    private static final Logger LOG = LoggerFactory.getLogger(ServiceVm.class);

    private final SimPartition vm;
    private final SimHypervisor hypervisor;
    private final Map<Integer, SimPartition> managed = new TreeMap<>();
    private volatile int vector = UPCALL_VECTOR;

    ServiceVm(SimPartition vm, SimHypervisor hypervisor) {
        this.vm = vm;
        this.hypervisor = hypervisor;
    }

    /** The way back from a User VM: an edge interrupt at the Service VM's first local APIC. */
    private final class ToGuest implements Upcall {
        @Override
        public void request(int vcpu) {
            vm.vcpus.getFirst().postFixed(vector, false);
        }

        @Override
        public void event(PartitionEvent event) {
            LOG.info("{}: a User VM of it tells: {}", vm.name(), event);
        }
    }

    /** Sets the vector of the upcall, 0x20 to 0xFF. */
    void vector(int wanted) {
        vector = wanted;
    }

    /** Makes a User VM. @return its id for this Service VM. ENOTTY when there are too many. */
    int create(PartitionCreation creation) {
        SimPartition made = hypervisor.createFor(vm, creation, new ToGuest());
        synchronized (managed) {
            for (int id = 1; id <= MOST_VMS; id++) {
                if (managed.putIfAbsent(id, made) == null) {
                    LOG.info("{}: its guest has made {} '{}', for which it says {}", vm.name(), made.name(),
                            creation.name(), id);
                    return id;
                }
            }
        }
        made.destroy();
        throw new HsmException(Errno.ENOTTY, "create", "%s has %d User VMs".formatted(vm.name(), MOST_VMS));
    }

    /** {@return the User VM that the guest means} ENOTTY when there is none. */
    SimPartition find(int id) {
        synchronized (managed) {
            SimPartition found = managed.get(id);
            if (found == null) {
                throw new HsmException(Errno.ENOTTY, "hypercall", vm.name() + " has no User VM " + id);
            }
            return found;
        }
    }

    /** Destroys a User VM, as {@code Partition.destroy}. */
    void destroy(int id) {
        find(id).destroy();
        synchronized (managed) {
            managed.remove(id);
        }
    }

    /** {@return the User VMs} */
    Collection<SimPartition> vms() {
        synchronized (managed) {
            return List.copyOf(managed.values());
        }
    }

    /** As {@link #end}, when the Service VM itself has failed: nobody is there to be told ({@code hsm.md} 14.10). */
    void endQuietly() {
        try {
            end();
        } catch (HsmException e) {
            LOG.error("{}: its User VMs could not all be ended: {}", vm.name(), e.getMessage());
        }
    }

    /** Ends all User VMs; the first that cannot be ended stops it. Afterwards nobody uses the Service VM's memory. */
    void end() {
        for (SimPartition each : vms()) {
            if (each.state() != State.POWERED_OFF) {
                each.pause();
                each.destroy();
            }
        }
        synchronized (managed) {
            managed.values().removeIf(each -> each.state() == State.POWERED_OFF);
        }
        vector = UPCALL_VECTOR;
    }
}

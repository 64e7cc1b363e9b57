package org.cupule.hsm;

import java.util.List;
import java.util.Map;
import org.cupule.hsm.eventfd.EventFds;
import org.cupule.hsm.interrupt.Interrupts;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.hsm.passthrough.Passthrough;
import org.cupule.hsm.power.Power;
import org.cupule.hsm.snapshot.Snapshot;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.VcpuState;
import org.cupule.time.VmClock;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One virtual machine of the HSM.
 *
 * <p>
 * After {@link #destroy} every call but {@code destroy} and {@code close} fails with EINVAL, as an ioctl without a
 * valid vmid does ({@code hsm.md} 2.3).
 *
 * @threading any thread
 */
@ProviderType
public interface VirtualMachine extends AutoCloseable {
    /** {@return the id} */
    int vmid();

    /** {@return the name it was created with} */
    String name();

    /** {@return the number of vCPUs} */
    int vcpuCount();

    /** {@return the hypervisor below} */
    HypervisorInfo hypervisor();

    /** {@return the state} */
    Partition.State state();

    /** Starts it. EPERM unless CREATED. */
    void start();

    /** Pauses it; 0 when it is paused already. Returns when all vCPUs stand still. */
    void pause();

    /** Lets no vCPU go on, and returns at once; {@link #pause} follows. As {@link Partition#hold}. */
    default void hold() {
        // only a matter of exactness
    }

    /** Goes on after a pause. EPERM unless PAUSED; EOPNOTSUPP where the hypervisor cannot. */
    void resume();

    /** Resets it to CREATED. EPERM unless PAUSED. */
    void reset();

    /**
     * Destroys it, in the order of {@code hsm.md} 4.6: hypervisor, list, ioeventfds, irqfds, clients, page, RAM. EPERM
     * while RUNNING: the VM stays fully usable. A second call does nothing.
     */
    void destroy();

    /** Pauses and destroys, whatever the state. */
    @Override
    void close();

    /** Sets the registers that a vCPU starts with. EPERM when RUNNING or no such vCPU, or CR0 or CR4 are illegal. */
    void setRegisters(int vcpu, VcpuState registers);

    /** {@return the registers by name}; EOPNOTSUPP where the hypervisor cannot read them, EBUSY while the vCPU runs */
    Map<String, Long> registers(int vcpu);

    /** {@return where a vCPU was at last, as {@link Partition#recentCode}} */
    default List<Long> recentCode(int vcpu) {
        return List.of();
    }

    /** {@return what a vCPU does now, in words} */
    String activity(int vcpu);

    /** {@return guest memory} */
    GuestMemory memory();

    /** {@return I/O requests and their clients} */
    IoRequests ioRequests();

    /** {@return event counters that the guest signals, or that interrupt it} */
    default EventFds eventFds() {
        throw new HsmException(Errno.EOPNOTSUPP, "eventFds", "this VM has no ioeventfds and irqfds");
    }

    /** {@return interrupt injection} */
    Interrupts interrupts();

    /** {@return devices of the host and of the hypervisor in this VM}; its calls fail with EOPNOTSUPP without any */
    default Passthrough passthrough() {
        throw new HsmException(Errno.EOPNOTSUPP, "passthrough", "this VM has no passthrough");
    }

    /** {@return C-states and P-states}; its calls fail with EOPNOTSUPP where the hypervisor tells none */
    default Power power() {
        throw new HsmException(Errno.EOPNOTSUPP, "power", "this VM has no power queries");
    }

    /** {@return how it is saved}; its calls fail with EOPNOTSUPP where the hypervisor cannot save VMs */
    default Snapshot snapshot() {
        throw new HsmException(Errno.EOPNOTSUPP, "snapshot", "this VM cannot be saved");
    }

    /** {@return the VM's clock} */
    VmClock clock();

    /** As {@link Partition#leaveBehind}: what this thread runs for the VM is run by a fresh one from now on. */
    void leaveBehind(Thread stuck);

    /** {@return a table of what the partition is made of, for people} */
    List<String> describe();

    /** Hears of what the partition tells, from now on. The listener must return at once. */
    void onEvent(EventListener listener);

    /**
     * Hears of a VM's events.
     *
     * @threading any thread; must return at once
     */
    @FunctionalInterface
    interface EventListener {
        /** Something happened. */
        void event(PartitionEvent event);
    }
}

package org.cupule.hypervisor;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.cupule.state.ModelState;
import org.cupule.time.VmClock;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A VM as its hypervisor sees it. Every failure is an {@code HsmException} with the hypervisor's own error number;
 * EPERM is its generic one ({@code hsm.md} 3.4).
 *
 * <pre>
 *  CREATED --start--> RUNNING --pause--> PAUSED --destroy--> gone
 *     ^                                    |
 *     '--------------- reset --------------'
 * </pre>
 *
 * @threading any thread; the calls that change the state are serialised by the partition
 */
@ConsumerType
public interface Partition {
    /** The states of a partition ({@code hsm.md} 4.1). */
    enum State {
        /** Made or reset, not started. */
        CREATED,
        /** Its vCPUs run. */
        RUNNING,
        /** Its vCPUs stand still. */
        PAUSED,
        /** Destroyed. */
        POWERED_OFF
    }

    /** {@return the id, unique in its hypervisor as long as the partition lives} */
    int vmid();

    /** {@return the number of vCPUs, 1 to 16} */
    int vcpuCount();

    /** {@return the state} */
    State state();

    /** Starts vCPU 0. EPERM unless CREATED with an I/O request page. */
    void start();

    /**
     * Stops the vCPUs; a request in flight stays in its slot. Returns when all stand still. Does nothing when paused
     * already.
     */
    void pause();

    /**
     * Lets no vCPU go on after the instruction that it executes now, and returns at once: {@link #pause} follows, by
     * another thread. So what a vCPU asks for, a power-off for example, takes effect at that instruction, on its own
     * thread, too. Does nothing unless RUNNING, or where the hypervisor has no such call.
     */
    default void hold() {
        // only a matter of exactness
    }

    /**
     * Goes on after a pause, from where the guest was. EPERM unless PAUSED; EOPNOTSUPP where the hypervisor has no such
     * call (ACRN has none).
     */
    void resume();

    /** Sets all vCPUs and interrupt controllers to power-on and all slots FREE; to CREATED. EPERM unless PAUSED. */
    void reset();

    /** Destroys. EPERM unless PAUSED (or never started). Afterwards no upcall is made and no memory is touched. */
    void destroy();

    /** Sets the registers of a vCPU before the start. EPERM when RUNNING, no such vCPU, or illegal CR0 or CR4. */
    void setRegisters(int vcpu, VcpuState registers);

    /**
     * {@return the registers by their manual's names, in the manual's order}
     *
     * <p>
     * EOPNOTSUPP without READ_REGISTERS; EBUSY while the vCPU runs, except on its own thread inside an upcall.
     */
    Map<String, Long> registers(int vcpu);

    /**
     * {@return the linear addresses of the code that a vCPU was at last, a place a block, oldest first; empty where the
     * hypervisor does not know}
     *
     * <p>
     * EBUSY while the vCPU runs.
     */
    default List<Long> recentCode(int vcpu) {
        return List.of();
    }

    /**
     * {@return what a vCPU does now: {@code running}, {@code halted}, {@code waiting for SIPI},
     * {@code in request}, ...}
     */
    String activity(int vcpu);

    /** Registers the I/O request page and makes its slots FREE. EPERM unless CREATED. */
    void setIoRequestPage(MemorySegment page);

    /** Tells that the request of a vCPU is COMPLETE, so that it goes on. EPERM when powered off or no such vCPU. */
    void finish(int vcpu);

    /**
     * Adds or removes memory, in order; the first error stops, earlier regions remain ({@code hsm.md} 6.6). Returns
     * when every running vCPU has dropped the translations concerned; only then may removed memory be released.
     */
    void setRegions(List<Region> regions);

    /** {@return whether regions may be {@linkplain org.cupule.ram.Ram#ofHost(long, long) the host's memory}} */
    default boolean mapsHostMemory() {
        return false;
    }

    /** Injects a message-signalled interrupt. EPERM when the address is not 0xFEExxxxx. */
    void injectMsi(Msi msi);

    /**
     * Drives an interrupt line.
     *
     * @param gsi
     *            0 to 47, else EPERM
     * @param operation
     *            0 high, 1 low, 2 raising pulse, 3 falling pulse; others have no effect
     */
    void setIrqLine(int gsi, int operation);

    /** Tells that a GSI was acknowledged at its I/O APIC; the listener must not wait. Null-object by default. */
    void onEndOfInterrupt(EndOfInterruptListener listener);

    /**
     * {@return devices of the host and of the hypervisor in this partition}
     *
     * @throws HsmException
     *             EOPNOTSUPP without {@code PASSTHROUGH}
     */
    default DeviceAssignment deviceAssignment() {
        throw new HsmException(Errno.EOPNOTSUPP, "passthrough",
                "the hypervisor of VM " + vmid() + " can give it no devices of the host: choose another hypervisor");
    }

    /**
     * {@return the interrupt monitor of this partition}
     *
     * @throws HsmException
     *             EOPNOTSUPP without {@code INTERRUPT_MONITOR}
     */
    default InterruptMonitor interruptMonitor() {
        throw new HsmException(Errno.EOPNOTSUPP, "interrupt monitor",
                "the hypervisor of VM " + vmid() + " does not count interrupts: choose another hypervisor");
    }

    /** {@return who signals and listens to eventfds; needed with IOEVENTFD_OFFLOAD or IRQFD_OFFLOAD only} */
    default java.util.Optional<EventFdOffload> eventFdOffload() {
        return java.util.Optional.empty();
    }

    /** {@return what keeps it from being saved, one sentence each; empty when nothing does} */
    default List<String> saveObstacles() {
        return List.of("the hypervisor of VM %d cannot save VMs: choose another one".formatted(vmid()));
    }

    /**
     * Saves all but memory, which its owner knows: vCPUs with what they wait for, interrupt controllers and messages,
     * the clock. A model's state is there in each version that it writes. Nothing changes by it.
     *
     * @return states by place; what the places are is the hypervisor's business
     * @throws HsmException
     *             EPERM unless PAUSED; EOPNOTSUPP without {@code SNAPSHOT}; EIO when a model fails
     */
    default Map<String, ModelState> save() {
        throw new HsmException(Errno.EOPNOTSUPP, "save", String.join("; ", saveObstacles()));
    }

    /**
     * Becomes what was saved; PAUSED afterwards. Regions are set already, and the page holds what it held: the slot of
     * a vCPU that waits for its request is not FREE. When it fails, the partition can only be destroyed.
     *
     * @param saved
     *            what {@link #save} has given, perhaps in another process, perhaps forged
     * @throws HsmException
     *             EPERM unless CREATED; EOPNOTSUPP without {@code SNAPSHOT}; EINVAL for what cannot be, and when no
     *             model that is there reads a state, with a sentence that names it
     */
    default void restore(Map<String, ModelState> saved) {
        throw new HsmException(Errno.EOPNOTSUPP, "restore", String.join("; ", saveObstacles()));
    }

    /** {@return the VM's clock} */
    VmClock clock();

    /**
     * A thread is inside a call of a plug-in that does not return. If it is one of this partition's, timers or vCPUs, a
     * fresh thread goes on with what it ran; a vCPU as soon as its request is COMPLETE. Does nothing for other threads,
     * and where the partition has no threads of its own. Called when the request of a vCPU has been answered.
     */
    default void leaveBehind(Thread stuck) {
        // a hypervisor outside of this process has no thread here
    }

    /** {@return a table of what the partition is made of and how it fares, for people: one line a fact} */
    List<String> describe();

    /**
     * Hears of ends of interrupt.
     *
     * @threading any thread; must not wait
     */
    @FunctionalInterface
    interface EndOfInterruptListener {
        /** A level-triggered interrupt of this pin was ended. */
        void ended(int gsi);
    }
}

package org.cupule.tck.hsm;

import java.util.List;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Region;
import org.jspecify.annotations.Nullable;

/**
 * A VM below the HSM, as a test plays and watches it: the test's threads are its vCPUs. What a hypervisor under test
 * cannot show aborts the test, with the reason.
 *
 * @threading any thread; each vCPU is for one thread at a time
 */
public interface PartitionBelow {
    // ---------------------------------------------------------------- the guest's side

    /** Makes a request and waits for its answer. @return the value */
    default long access(int vcpu, int type, boolean write, long address, int size, long value) {
        post(vcpu, type, write, address, size, value);
        return take(vcpu);
    }

    /** Reads a port. */
    default long in(int vcpu, int port, int size) {
        return access(vcpu, IoRequestPage.PORTIO, false, port, size, 0);
    }

    /** Writes a port. */
    default void out(int vcpu, int port, int size, long value) {
        access(vcpu, IoRequestPage.PORTIO, true, port, size, value);
    }

    /** Makes a request; its slot must be FREE. */
    void post(int vcpu, int type, boolean write, long address, int size, long value);

    /** Makes a request without telling the HSM. */
    void write(int vcpu, int type, boolean write, long address, int size, long value);

    /** Tells the HSM to look at a vCPU's slot. */
    void upcall(int vcpu);

    /** Waits for the answer, takes it and frees the slot. */
    long take(int vcpu);

    /** Waits until a slot has a state. */
    void awaitState(int vcpu, int wanted);

    /** Does something as a running guest: nothing is done unless the VM runs. */
    void guarded(Runnable guest);

    /** Tells an event. */
    void tell(PartitionEvent event);

    // ---------------------------------------------------------------- the test's side

    /** {@return its id} */
    int vmid();

    /** {@return its state} */
    Partition.State state();

    /** {@return the page that the HSM has registered} */
    IoRequestPage page();

    /** {@return what was asked of it, in order: {@code start}, {@code line 4 0}, {@code msi 0xfee01000=0x4031}} */
    List<String> journal();

    /** {@return the regions that were set, in order} */
    List<Region> regions();

    /** {@return what it was made of} */
    PartitionCreation creation();

    /** {@return how often it was told that a vCPU's request is complete} */
    int finishes(int vcpu);

    /** Lets each call that changes something fail; null ends that. */
    void fail(@Nullable RuntimeException with);

    /** Runs something inside the destroy call. */
    void onDestroy(Runnable action);

    /** {@return the threads that were left behind} */
    List<Thread> leftBehind();
}

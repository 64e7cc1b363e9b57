package org.cupule.hv.sim.passthrough;

import org.cupule.hypervisor.Partition.State;
import org.cupule.ram.Ram;
import org.cupule.time.VmClock;
import org.cupule.types.Msi;

/**
 * What assigned devices need of their partition.
 *
 * @threading any thread
 */
public interface GuestSide {
    /** {@return the partition's id} */
    int vmid();

    /** {@return the partition's state; it stands still inside {@link #change}} */
    State state();

    /** Runs a change while nobody changes the state. */
    void change(String operation, Runnable action);

    /** {@return the partition's clock} */
    VmClock clock();

    /** {@return how long a call into a device of the host may take} */
    long callNanos();

    /** This thread is inside a device of the host and does not come back: whatever it runs goes on without it. */
    void leaveBehind(Thread stuck);

    /** Sets the level of a GSI. */
    void line(int gsi, boolean high);

    /** Sends a message; one that is not addressed to the interrupt window is lost. */
    void message(Msi msi);

    /** Copies from RAM. @return false, with nothing copied, unless all of it is RAM */
    boolean read(long gpa, byte[] target, int from, int lengthBytes);

    /** Copies to RAM. @return false, with nothing written, unless all of it is RAM that may be written */
    boolean write(long gpa, byte[] source, int from, int lengthBytes);

    /** {@return whether the page at this address is mapped} */
    boolean mapped(long gpa);

    /** Maps whole pages, for reading and writing. */
    void map(long gpa, Ram ram, long offset, long lengthBytes);

    /** Removes mappings; returns when no vCPU uses them any more. */
    void unmap(long gpa, long lengthBytes);
}

package org.cupule.hypervisor;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * The idle states (C) and performance states (P) of the processors that a hypervisor's partitions run on ({@code
 * hsm.md} 11).
 *
 * <p>
 * Each call fails with ENOTTY when there is no such partition ({@code hsm.md} 3.5) and with EPERM unless it is CREATED
 * or PAUSED.
 *
 * @threading any thread
 */
@ConsumerType
public interface ProcessorPower {
    /** {@return the number of performance states, 0 to 255} EPERM where the guest may not know them. */
    int performanceStates(int vmid, int vcpu);

    /** {@return a performance state} EPERM when there is no such number, or the guest may not know. */
    PState performanceState(int vmid, int vcpu, int number);

    /** {@return the number of idle states, 0 to 255} */
    int idleStates(int vmid, int vcpu);

    /** {@return an idle state; the numbers begin with 1} EPERM when there is none with this number. */
    CState idleState(int vmid, int vcpu, int number);
}

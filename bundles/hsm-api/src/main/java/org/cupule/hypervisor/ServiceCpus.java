package org.cupule.hypervisor;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The processors of the host side (the Service VM), and what the HSM does to give one to User VMs ({@code hsm.md} 13):
 * {@link #offline} and {@link #online} ask the host's operating system, {@link #offlineVcpu} asks the hypervisor.
 *
 * @threading any thread
 */
@ConsumerType
public interface ServiceCpus {
    /** {@return the processors that the host can have, ascending by number} */
    List<ServiceCpu> cpus();

    /** Takes a processor off line in the host's operating system. EBUSY or EPERM when it will not. */
    void offline(int cpu);

    /** Brings a processor on line in the host's operating system. */
    void online(int cpu);

    /**
     * Takes the virtual CPU of the host side away from it. An APIC id that none has is accepted.
     *
     * @throws org.cupule.types.HsmException
     *             EPERM for the bootstrap processor
     */
    void offlineVcpu(int apicId);
}

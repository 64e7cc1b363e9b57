package org.cupule.hypervisor;

import java.util.Map;
import org.cupule.types.Behaviour;

/**
 * What is wanted of a new partition ({@code hsm.md} 4.3, 4.4).
 *
 * @param name
 *            the VM's name, at most 16 bytes of UTF-8 where the hypervisor is ACRN; may be empty
 * @param affinity
 *            bit n set: a vCPU on physical CPU n; the number of set bits is the number of vCPUs; 0 = the default
 * @param flags
 *            the {@code vm_flag} word: bit 0 secure world, 1 LAPIC passthrough, 2 completion polling, 4 RT; and
 *            {@link #SERVICE_VM}
 * @param behaviour
 *            whose rules hold where ACRN differs from hardware
 * @param deterministic
 *            whether time is a function of retired instructions
 * @param queuedUpcall
 *            whether requests are dispatched by the HSM's own thread; else by the vCPU's
 * @param models
 *            which hardware model is wanted for a kind, by name or {@code name@version}: {@code ept -> four-level}
 * @threading immutable
 */
public record PartitionCreation(String name, long affinity, long flags, Behaviour behaviour, boolean deterministic,
        boolean queuedUpcall, Map<String, String> models) {
    /** Flag: LAPIC passthrough. */
    public static final long LAPIC_PASSTHROUGH = 1 << 1;
    /** Flag: the hypervisor polls for completion of I/O requests. */
    public static final long COMPLETION_POLLING = 1 << 2;
    /** Flag: a real-time VM. */
    public static final long RT = 1 << 4;

    /**
     * Flag: the privileged VM, whose guest may make VMs by hypercalls ({@code hsm.md} 3.6). Not one of ACRN's: only who
     * owns the hypervisor can wish it.
     */
    public static final long SERVICE_VM = 1L << 63;
    /** The flags that a guest or a program may wish: secure world, LAPIC passthrough, polling, RT. */
    public static final long WISHES = 1 | LAPIC_PASSTHROUGH | COMPLETION_POLLING | RT;

    /** Copies the map. */
    public PartitionCreation {
        models = Map.copyOf(models);
    }
}

package org.cupule.hsm;

import java.util.Map;
import org.cupule.types.Behaviour;

/**
 * What is wanted of a new VM.
 *
 * @param name
 *            its name; may be empty; at most 16 bytes on ACRN
 * @param hypervisor
 *            the hypervisor's name; empty for the default one
 * @param vcpus
 *            number of vCPUs, 1 to 16; or 0 together with {@code affinity}: as many as the hypervisor likes
 * @param affinity
 *            bit n set: a vCPU on physical CPU n; as many bits as vCPUs; or 0
 * @param flags
 *            the {@code vm_flag} word ({@code hsm.md} 4.4)
 * @param behaviour
 *            whose rules hold where ACRN differs from hardware
 * @param deterministic
 *            whether time is a function of retired instructions
 * @param queuedUpcall
 *            whether requests are dispatched by a thread of the HSM instead of the vCPU's own
 * @param models
 *            which hardware model is wanted for a kind: {@code ept -> four-level}; others by preference
 * @threading immutable
 */
public record VmCreation(String name, String hypervisor, int vcpus, long affinity, long flags, Behaviour behaviour,
        boolean deterministic, boolean queuedUpcall, Map<String, String> models) {
    /** Copies the map. */
    public VmCreation {
        models = Map.copyOf(models);
    }

    /** Makes a wish for vCPUs on the first physical CPUs, one each. */
    public VmCreation(String name, String hypervisor, int vcpus, long flags, Behaviour behaviour, boolean deterministic,
            boolean queuedUpcall, Map<String, String> models) {
        this(name, hypervisor, vcpus, firstCpus(vcpus), flags, behaviour, deterministic, queuedUpcall, models);
    }

    /** {@return a bit for each vCPU; for a number that is none one that does not fit it, so that it is refused} */
    private static long firstCpus(int vcpus) {
        return -1L >>> Long.SIZE - Math.clamp(vcpus, 1, Long.SIZE);
    }

    /** {@return a VM with the defaults} */
    public static VmCreation of(String name, int vcpus) {
        return new VmCreation(name, "", vcpus, 0, Behaviour.X86, false, false, Map.of());
    }
}

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
 *            number of vCPUs, 1 to 16
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
public record VmCreation(String name, String hypervisor, int vcpus, long flags, Behaviour behaviour,
        boolean deterministic, boolean queuedUpcall, Map<String, String> models) {
    /** Copies the map. */
    public VmCreation {
        models = Map.copyOf(models);
    }

    /** {@return a VM with the defaults} */
    public static VmCreation of(String name, int vcpus) {
        return new VmCreation(name, "", vcpus, 0, Behaviour.X86, false, false, Map.of());
    }
}

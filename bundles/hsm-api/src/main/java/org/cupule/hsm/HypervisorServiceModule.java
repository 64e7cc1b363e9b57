package org.cupule.hsm;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.cupule.hsm.memory.LentMemory;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hsm.servicevm.ServiceVm;
import org.cupule.hsm.snapshot.RamContent;
import org.cupule.state.ModelState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The HSM: makes virtual machines on the hypervisors that are there. An OSGi service.
 *
 * @threading any thread
 */
@ProviderType
public interface HypervisorServiceModule {
    /** {@return the hypervisors that are there now, the default one first} */
    List<HypervisorInfo> hypervisors();

    /** {@return the hypervisors that cannot be there on this machine: why not, by name} */
    default Map<String, String> absentHypervisors() {
        return Map.of();
    }

    /**
     * {@return the kinds of hardware that a hypervisor composes VMs of, and the models of each that are there now}
     *
     * @param hypervisor
     *            its name; one that is not there has none
     * @see org.cupule.hypervisor.Hypervisor#hardware
     */
    default Map<String, List<ModelInfo>> hardware(String hypervisor) {
        return Map.of();
    }

    /**
     * Creates a VM, in state CREATED, with its I/O request page registered.
     *
     * @param creation
     *            what is wanted
     * @return the VM; the caller owns it and destroys it
     * @throws HsmException
     *             EINVAL for every failure of the hypervisor to create ({@code hsm.md} 3.4), for more than 16 vCPUs,
     *             and for a wish that the hypervisor cannot meet; ENODEV when there is no such hypervisor
     */
    VirtualMachine create(VmCreation creation);

    /**
     * Creates a VM whose I/O request page is somebody else's memory.
     *
     * @param page
     *            called when the hypervisor has made the VM: gives 4096 bytes, which the VM gives back when it is
     *            destroyed, or when its creation fails after that; what it throws fails the creation
     * @throws HsmException
     *             as {@link #create(VmCreation)}
     */
    default VirtualMachine create(VmCreation creation, Supplier<LentMemory> page) {
        throw new HsmException(Errno.EOPNOTSUPP, "create", "this HSM makes its own I/O request pages");
    }

    /**
     * Makes a VM of what was saved, in state PAUSED, with its memory. Requests that were in flight are dispatched after
     * {@link VirtualMachine#resume}: until then its clients can be made.
     *
     * @param creation
     *            what it was made of; another name, or other models, may be wanted
     * @param states
     *            what {@code StillVm.states} gave, perhaps in another process, perhaps forged
     * @param content
     *            gives the content of its memory
     * @throws HsmException
     *             ENODEV when there is no such hypervisor; EOPNOTSUPP when it cannot restore; EINVAL for every other
     *             failure, with a sentence. Nothing is left behind
     */
    default VirtualMachine restore(VmCreation creation, Map<String, ModelState> states, RamContent content) {
        throw new HsmException(Errno.EOPNOTSUPP, "restore", "this HSM cannot restore VMs");
    }

    /** {@return the VMs that are there, newest first} */
    List<VirtualMachine> machines();

    /** {@return the VM with this id} */
    Optional<VirtualMachine> machine(int vmid);

    /**
     * {@return control of the host side's processors under a hypervisor}; its calls fail with EOPNOTSUPP where the
     * hypervisor has none
     *
     * @param hypervisor
     *            its name; empty for the default one
     * @throws HsmException
     *             ENODEV when there is no such hypervisor
     */
    default ServiceVm serviceVm(String hypervisor) {
        throw new HsmException(Errno.EOPNOTSUPP, "service VM", "this HSM has no control of processors");
    }
}

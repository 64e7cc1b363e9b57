package org.cupule.tck.hsm;

import java.util.List;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.types.Behaviour;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What all contracts of the HSM begin with: an HSM on a {@link FakeHypervisor}, or on another one that a test can play,
 * and a VM of four vCPUs.
 *
 * @threading confined to the test, but for the partition
 */
public abstract class HsmFixture {
    /** The vCPUs of {@link #vm}. */
    protected static final int VCPUS = 4;

    /** The hypervisor. */
    protected final HypervisorBelow hypervisor = below();
    /** The HSM. */
    protected HypervisorServiceModule hsm = hsm(List.of(hypervisor.offered()));
    /** The VM. */
    protected VirtualMachine vm = hsm.create(creation());
    /** The VM as the hypervisor sees it. */
    protected PartitionBelow partition = hypervisor.partition();

    /** {@return an HSM on these hypervisors, the default one first} */
    protected abstract HypervisorServiceModule hsm(List<Hypervisor> hypervisors);

    /** {@return the hypervisor, new} */
    protected HypervisorBelow below() {
        return new FakeHypervisor();
    }

    /** {@return what {@link #vm} is made of} */
    protected VmCreation creation() {
        return wish(VCPUS, 0, false);
    }

    /** {@return a wish for a VM} */
    protected static VmCreation wish(int vcpus, long flags, boolean queuedUpcall) {
        return new VmCreation("test", "", vcpus, flags, Behaviour.ACRN, false, queuedUpcall, java.util.Map.of());
    }

    /** Nothing to do before a test; the fields are made with the object. */
    @BeforeEach
    protected void begin() {
        partition.fail(null);
    }

    /** Destroys the VM, whatever the test has left. */
    @AfterEach
    protected void end() {
        partition.fail(null);
        vm.close();
    }
}

package org.cupule.tck.hsm;

import java.util.List;
import java.util.Map;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.ram.Access;
import org.cupule.types.Behaviour;
import org.junit.jupiter.api.AfterEach;

/**
 * What the contracts of the topics begin with that a fake hypervisor and a real one must keep alike: an HSM on the
 * hypervisor under test, whose host has {@link ScriptedDevices}, and a VM.
 *
 * @threading confined to the test
 */
public abstract class TopicFixture {
    private static final long RESET_PAGE = 0xFFFF_F000L;
    /** HLT, and back to it. */
    private static final byte[] HALT = {(byte) 0xF4, (byte) 0xEB, (byte) 0xFD};

    /** The devices of the host. */
    protected final ScriptedDevices devices = new ScriptedDevices();
    /** The hypervisor. */
    protected final Hypervisor hypervisor = hypervisor(devices);
    /** The HSM. */
    protected final HypervisorServiceModule hsm = hsm(List.of(hypervisor));
    /** The VM. */
    protected final VirtualMachine vm = create("topic");

    /** Only a fixture. */
    protected TopicFixture() {
    }

    /** {@return a hypervisor whose host has these devices, and one C-state at least} */
    protected abstract Hypervisor hypervisor(ScriptedDevices host);

    /** {@return an HSM on these hypervisors, the default one first} */
    protected abstract HypervisorServiceModule hsm(List<Hypervisor> hypervisors);

    /** {@return another VM, whose guest halts at its reset vector} */
    protected final VirtualMachine create(String name) {
        VirtualMachine made = hsm.create(new VmCreation(name, "", 1, 0, Behaviour.ACRN, false, false, Map.of()));
        made.memory().addRam(RESET_PAGE, 4096, Access.ALL);
        made.memory().load(RESET_PAGE + 0xFF0, HALT, 0, HALT.length);
        return made;
    }

    /** Destroys all VMs. */
    @AfterEach
    void end() {
        hsm.machines().forEach(VirtualMachine::close);
    }
}

package org.cupule.hsm.passthrough;

import java.util.List;
import org.cupule.hypervisor.AssignedDevice;
import org.cupule.hypervisor.HostDevice;
import org.cupule.hypervisor.InterruptRemap;
import org.cupule.hypervisor.MmioAssignment;
import org.cupule.hypervisor.PciAssignment;
import org.cupule.hypervisor.VirtualDevice;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The devices of one VM that are not emulated by the HSM's clients ({@code hsm.md} 9). The hypervisor checks, and its
 * error numbers come back unchanged; all calls fail with EOPNOTSUPP where it has no devices to give.
 *
 * <pre>
 *                                   CREATED   RUNNING   PAUSED
 *  assign, create                     yes     EINVAL    EINVAL
 *  deassign, destroy                  yes     EINVAL     yes
 *  setInterrupt                       yes     EPERM     EPERM
 *  resetInterrupt                     yes     EPERM      yes
 * </pre>
 *
 * @threading any thread
 */
@ProviderType
public interface Passthrough {
    /**
     * ASSIGN_PCIDEV: hands a PCI function of the host to the VM.
     *
     * @throws org.cupule.types.HsmException
     *             EINVAL for the state; ENODEV when the host has no such function, has assigned it already, or it is a
     *             bridge; EEXIST when the guest's address is taken
     */
    void assign(PciAssignment device);

    /**
     * DEASSIGN_PCIDEV: takes it back. EINVAL for the state; ENODEV unless both addresses are those of the assignment.
     */
    void deassign(PciAssignment device);

    /**
     * ASSIGN_MMIODEV: moves a device's memory. EINVAL for the state, misalignment, and memory that the host has not.
     */
    void assign(MmioAssignment device);

    /** DEASSIGN_MMIODEV: moves it back. EINVAL for the state, misalignment, and what is not assigned. */
    void deassign(MmioAssignment device);

    /**
     * CREATE_VDEV: makes a device of the hypervisor. EINVAL for the state and an unknown id; EEXIST for the address.
     */
    void create(VirtualDevice device);

    /** DESTROY_VDEV: removes it. EINVAL for the state, an unknown id, and when it is not there. */
    void destroy(VirtualDevice device);

    /** SET_PTDEV_INTR: leads a function's INTx line to a line of the guest. EPERM for everything that is wrong. */
    void setInterrupt(InterruptRemap remap);

    /** RESET_PTDEV_INTR: ends that. EPERM for everything that is wrong. */
    void resetInterrupt(InterruptRemap remap);

    /** {@return what the VM has now, by address in the guest} */
    List<AssignedDevice> devices();

    /** {@return what the host has, by address} */
    List<HostDevice> hostDevices();
}

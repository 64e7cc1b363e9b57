package org.cupule.hypervisor;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Devices of the host, and devices that the hypervisor emulates itself, in one partition ({@code hsm.md} 9).
 *
 * <pre>
 *                     CREATED   RUNNING   PAUSED
 *  assign, create       yes     EINVAL    EINVAL
 *  deassign, destroy    yes     EINVAL     yes
 *  setInterrupt         yes     EPERM     EPERM
 *  resetInterrupt       yes     EPERM      yes
 * </pre>
 *
 * <p>
 * The state is looked at first, then the arguments in the order in which each method names its errors. A reset keeps
 * all assignments; the end of the partition returns the host's devices.
 *
 * @threading any thread; the calls that change something are serialised by the partition
 */
@ConsumerType
public interface DeviceAssignment {
    /**
     * Hands a PCI function of the host to the partition, in its power-on state.
     *
     * @throws org.cupule.types.HsmException
     *             EINVAL for the state; ENODEV when the host has no such function, has assigned it already, or it is a
     *             bridge; EEXIST when the guest's address is taken by another assigned one
     */
    void assign(PciAssignment device);

    /**
     * Takes it back: the guest's address answers no more, and the host has the function.
     *
     * @throws org.cupule.types.HsmException
     *             EINVAL for the state; ENODEV when nothing is assigned at the guest's address, or another function of
     *             the host
     */
    void deassign(PciAssignment device);

    /**
     * Moves the memory of a device of the host into the partition.
     *
     * @throws org.cupule.types.HsmException
     *             EINVAL for the state, for an address or size that is not a multiple of 4096, and for memory that the
     *             host has not, or has given away; the resources before the refused one stay moved
     */
    void assign(MmioAssignment device);

    /** Moves it back. EINVAL for the state, for misalignment, and for what is not assigned so. */
    void deassign(MmioAssignment device);

    /**
     * Makes a device that the hypervisor emulates.
     *
     * @throws org.cupule.types.HsmException
     *             EINVAL for the state, for an id that the hypervisor has no device for and for arguments that the
     *             device cannot use; EEXIST when the guest's address is taken
     */
    void create(VirtualDevice device);

    /** Removes it. EINVAL for the state, for an unknown id, and when there is no such device at the guest's address. */
    void destroy(VirtualDevice device);

    /**
     * Leads the INTx line of an assigned PCI function to a line of the guest. A line of the host leads to one guest
     * line: another one replaces it.
     *
     * @throws org.cupule.types.HsmException
     *             EPERM for the state, for a type other than {@link InterruptRemap#INTX}, when no function is assigned
     *             at the guest's address or another one, for a guest pin of 48 or more (16 at the 8259 pair), and for a
     *             host pin that is none
     */
    void setInterrupt(InterruptRemap remap);

    /** Ends that. EPERM as {@link #setInterrupt}; nothing happens when the guest pin has no line of the host. */
    void resetInterrupt(InterruptRemap remap);

    /** {@return what is assigned or made now, by address in the guest} */
    List<AssignedDevice> devices();
}

package org.cupule.hsm.power;

import org.osgi.annotation.versioning.ProviderType;

/**
 * What a VM's device model asks about the processors, to tell it the guest in ACPI tables ({@code hsm.md} 11).
 *
 * <pre>
 *  command   63     32 31   24 23   16 15    8 7      0
 *           +---------+-------+-------+-------+--------+
 *           | ignored | vmid  | vcpu  | state |  type  |
 *           +---------+-------+-------+-------+--------+
 * </pre>
 *
 * @threading any thread
 */
@ProviderType
public interface Power {
    /** Type: how many P-states there are. */
    int PX_COUNT = 0;
    /** Type: one P-state. */
    int PX_DATA = 1;
    /** Type: how many C-states there are. */
    int CX_COUNT = 2;
    /** Type: one C-state; the numbers begin with 1. */
    int CX_DATA = 3;

    /** {@return a command} */
    static long command(int vmid, int vcpu, int state, int type) {
        return (vmid & 0xFFL) << 24 | (vcpu & 0xFF) << 16 | (state & 0xFF) << 8 | type & 0xFF;
    }

    /**
     * PM_GET_CPU_STATE. The VM is the one that the command names, of the same hypervisor as this one: each VM can ask
     * about all.
     *
     * @param command
     *            as drawn above
     * @return what overwrites the ioctl's argument, in the C layout: 8 bytes for a count (one byte, the rest 0), 32 for
     *         a C-state ({@code struct acrn_cstate_data}), 48 for a P-state ({@code struct acrn_pstate_data}), and
     *         nothing for an unknown type: success, the argument is left alone and the hypervisor not asked
     * @throws org.cupule.types.HsmException
     *             ENOTTY when the hypervisor has no such VM; EPERM unless that VM is CREATED or PAUSED, for a number
     *             that is not 1 to the count, and for P-states that the guest may not know; EOPNOTSUPP
     */
    byte[] cpuState(long command);
}

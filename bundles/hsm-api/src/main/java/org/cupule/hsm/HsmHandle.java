package org.cupule.hsm;

import org.osgi.annotation.versioning.ProviderType;

/**
 * An open file of the character device: at most one VM, once.
 *
 * <pre>
 *          CREATE_VM                DESTROY_VM
 *  FRESH -------------> the VM is there ------> SPENT          close() from everywhere
 *    ^  any other: EINVAL                         any: EINVAL
 *    '-- failed CREATE_VM
 * </pre>
 *
 * <p>
 * The driver accepts a second CREATE_VM, with bad ends ({@code hsm.md} 4.7); here it is EINVAL.
 *
 * @threading any thread; ioctls are not serialised, as in the driver ({@code hsm.md} 2.2)
 */
@ProviderType
public interface HsmHandle extends AutoCloseable {
    /**
     * Carries out a command of {@code org.cupule.abi.IoctlNumber}. It throws nothing.
     *
     * @param command
     *            the 32-bit number
     * @param argument
     *            an address in the caller's memory, or what the command takes in its place
     * @return 0, or a negative error number. In order: EBADF when the handle is closed; EINVAL without a VM, whatever
     *         the command; ENOTTY for an unknown command; EFAULT for a bad address; EINVAL for reserved fields that are
     *         not zero; then what the action says ({@code hsm.md} 2.3). ATTACH_IOREQ_CLIENT answers 0 when the thread
     *         is interrupted, which stays set
     */
    int ioctl(int command, long argument);

    /**
     * Pauses and destroys the VM, if there is one. The driver does not pause, and leaves a VM behind that runs
     * ({@code hsm.md} 4.7). Who sleeps in ATTACH_IOREQ_CLIENT gets ENODEV.
     */
    @Override
    void close();
}

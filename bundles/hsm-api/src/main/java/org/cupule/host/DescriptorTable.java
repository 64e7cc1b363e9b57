package org.cupule.host;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * The descriptors of a caller by number, as the argument of an ioctl names them ({@code hsm.md} 12.2, 12.5).
 *
 * @threading any thread
 */
@ConsumerType
@FunctionalInterface
public interface DescriptorTable {
    /**
     * Looks an event counter up.
     *
     * @param number
     *            a descriptor's number
     * @return a handle, owned by the caller
     * @throws org.cupule.types.HsmException
     *             EBADF when no descriptor has this number; EINVAL when it is not an event counter
     */
    EventFd eventFd(int number);
}

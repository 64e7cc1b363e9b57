package org.cupule.hsm;

import org.cupule.host.DescriptorTable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The character device {@code /dev/acrn_hsm}: the front of the HSM for callers who speak its ioctls ({@code hsm.md} 2).
 * An OSGi service.
 *
 * @threading any thread
 */
@ProviderType
public interface HsmDevice {
    /**
     * Opens it, as often as wanted.
     *
     * @param memory
     *            what the caller's addresses lead to
     * @param descriptors
     *            what the caller's file descriptors lead to
     * @return a handle, which has no VM yet; owned by the caller
     */
    HsmHandle open(CallerMemory memory, DescriptorTable descriptors);

    /** Opens it for a caller without file descriptors. */
    default HsmHandle open(CallerMemory memory) {
        return open(memory, number -> {
            throw new HsmException(Errno.EBADF, "eventfd", "there is no open descriptor " + number);
        });
    }
}

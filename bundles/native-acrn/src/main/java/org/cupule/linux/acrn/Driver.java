package org.cupule.linux.acrn;

import java.util.Optional;
import org.cupule.host.CallBack;
import org.cupule.host.DeviceFile;
import org.cupule.host.Keeper;

/**
 * The driver as this package sees it: files that are opened, one a VM, and threads that are called back from it. The
 * seam at which tests put a driver of their own.
 *
 * @threading any thread
 */
interface Driver {
    /** Opens the device. @return a file without a VM, owned by the caller */
    DeviceFile open();

    /** {@return how the calling thread is called back from ATTACH} */
    CallBack currentThread();

    /**
     * Has a file held by another process, which ends its VM when this one is killed.
     *
     * @return the keeper, which is closed with the file; none where there is no way
     */
    default Optional<Keeper> keep(DeviceFile file) {
        return Optional.empty();
    }
}

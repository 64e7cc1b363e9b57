package org.cupule.linux.acrn;

import org.cupule.host.CallBack;
import org.cupule.host.DeviceFile;

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
}

package org.cupule.hsm.ioreq;

import org.cupule.abi.IoRequestPage;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The default client in its attach and notify form: what {@code acrn-dm} is to the driver ({@code hsm.md} 7.8).
 *
 * @threading any thread; {@link #attach} is for one thread at a time
 */
@ProviderType
public interface DefaultClient extends AutoCloseable {
    /**
     * Waits until a request is there, and returns at once while any is unfinished. The caller then looks for slots that
     * are PROCESSING and not kernel-handled, writes the value and calls {@link IoRequests#notifyFinished}.
     *
     * @throws InterruptedException
     *             when the thread was interrupted: the driver's ioctl returns 0 then
     * @throws org.cupule.types.HsmException
     *             ENODEV when the client is being destroyed
     */
    void attach() throws InterruptedException;

    /** {@return the shared page} */
    IoRequestPage page();

    /** Destroys the client; sleepers in {@link #attach} get ENODEV. Unfinished requests stay PROCESSING. */
    @Override
    void close();
}

package org.cupule.host;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ProviderType;

/**
 * An open device, or an attribute of the kernel: a file that is asked by ioctl(2) or written to. Owned by who opened
 * it.
 *
 * <p>
 * Nothing here throws for what the system answers: a result is what the call gave, or the negative error number. A call
 * that reaches the system may wait for as long as the device likes; on a virtual thread it holds the carrier, so who
 * waits takes a platform thread. {@link Host#currentThread} tells how such a thread is called back.
 *
 * <p>
 * Source: Linux manual pages ioctl(2), poll(2), write(2).
 *
 * @threading any thread; what calls at the same time mean is the device's business
 */
@ProviderType
public interface DeviceFile extends AutoCloseable {
    /** Event of {@link #poll}: there is something to read. */
    int POLL_IN = 1;
    /** Event of {@link #poll}: there is room to write. */
    int POLL_OUT = 4;

    /** {@return the path that it was opened by} */
    String path();

    /**
     * Carries out a command whose argument is a number, or none.
     *
     * @param command
     *            the 32-bit number
     * @param argument
     *            all 64 bits reach the driver
     * @return what the driver answered, 0 or more; or the negative error number: -EBADF once it is closed
     */
    long ioctl(int command, long argument);

    /**
     * Carries out a command whose argument is memory, which stays where it is for the call.
     *
     * @param command
     *            the 32-bit number
     * @param argument
     *            native memory; the driver may touch more of it than the number tells, so who calls gives enough
     * @return what the driver answered, 0 or more; or the negative error number: -EBADF once it is closed
     */
    long ioctl(int command, MemorySegment argument);

    /**
     * Writes bytes with one call.
     *
     * @param source
     *            native memory
     * @return how many were taken; or the negative error number
     */
    long write(MemorySegment source);

    /**
     * Waits until it is ready.
     *
     * @param events
     *            {@link #POLL_IN}, {@link #POLL_OUT}, or both
     * @param timeoutMillis
     *            how long at most; -1 for ever
     * @return which of them hold, and error bits; 0 when the time has passed; or the negative error number, -EINTR when
     *         the thread was called back
     */
    long poll(int events, int timeoutMillis);

    /**
     * Closes it; does nothing when that was done. A call that is inside ends first: then the last one out closes, so
     * that no call can reach another file that got the number.
     */
    @Override
    void close();
}

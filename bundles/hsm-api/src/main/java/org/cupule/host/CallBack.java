package org.cupule.host;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Calls one thread back that waits in the kernel: its call ends with EINTR, or with what the driver makes of a signal
 * ({@code hsm.md} 7.8: ATTACH gives 0).
 *
 * <p>
 * A thread that is not yet inside when it is called goes in and hears nothing. So who calls back first notes somewhere
 * that the thread has to leave, calls, and calls again until the thread has said that it is out.
 *
 * @threading {@link #call} any thread; {@link #close} the thread that made it
 */
@ProviderType
public interface CallBack extends AutoCloseable {
    /**
     * Calls. Does nothing once it is closed: the system may have given the thread's number to another one; nor, at the
     * host's choice, within a millisecond after the last call, so that calls do not pile up.
     */
    void call();

    /** Ends it: the thread waits in the kernel no more. Returns when no call is under way. */
    @Override
    void close();
}

package org.cupule.host;

import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A handle of an event counter, with the meaning of Linux's eventfd: an unsigned 64-bit number that signals add to and
 * one read takes away.
 *
 * <pre>
 *   add(n)    --> [ count + n ]     at most MAX, else EAGAIN
 *   signal()  --> [ count + 1 ]     stays at MAX
 *   take()    <-- [ 0 ]             the count before; 0 when there was nothing
 * </pre>
 *
 * <p>
 * A counter may have many handles; when the last one is closed it <em>hangs up</em>: each listener hears so, once, and
 * no more. Signallers do not keep a counter from hanging up. Counting happens whether anybody listens or not, and
 * listening never changes the count.
 *
 * <p>
 * Source: Linux manual page eventfd(2); {@code hsm.md} 12.
 *
 * @threading any thread
 */
@ProviderType
public interface EventFd extends AutoCloseable {
    /** The highest count: 2^64 - 2, an unsigned number. */
    long MAX = -2;

    /**
     * Adds to the count.
     *
     * @param count
     *            unsigned; EINVAL for 2^64 - 1; EAGAIN when the sum would exceed {@link #MAX}
     */
    void add(long count);

    /** Adds one; a counter at {@link #MAX} stays there. */
    void signal();

    /** Takes the count, which becomes 0; never waits. @return the count before, unsigned */
    long take();

    /** {@return whether both are handles of one counter, closed or not} */
    boolean same(EventFd other);

    /** {@return another handle of the counter, owned by the caller} */
    EventFd duplicate();

    /** {@return a way to signal that works until it is closed, also after the last handle is gone} */
    Signaller signaller();

    /**
     * Listens, from now on, and hears of one signal at once (or very soon) when the count is not 0.
     *
     * @return the end of it, owned by the caller
     */
    EventSubscription listen(Listener listener);

    /**
     * Calls once when the last handle was closed; signals are not listened to.
     *
     * @return the end of it, owned by the caller
     */
    EventSubscription onHangUp(Runnable action);

    /** {@return a descriptor to hand to another process, owned by the caller; empty for a counter of this process} */
    Optional<Descriptor> descriptor();

    /** Closes this handle; does nothing when it is closed. Other calls on it fail with EBADF from now on. */
    @Override
    void close();

    /**
     * Signals a counter without being a handle of it.
     *
     * @threading any thread
     */
    @ProviderType
    interface Signaller extends AutoCloseable {
        /** Adds one; a counter at {@link EventFd#MAX} stays there. Never waits, never fails. */
        void signal();

        /** Lets go of the counter; {@link #signal} does nothing from now on. */
        @Override
        void close();
    }

    /**
     * Hears of signals.
     *
     * @threading the thread that signals, or one of the host for signals of other processes; one call at a time; must
     *            return at once
     */
    @ConsumerType
    @FunctionalInterface
    interface Listener {
        /**
         * There was a signal. What it throws is logged and does not reach the one who signalled. Signals of other
         * processes that come faster than they are heard may be heard as one.
         */
        void signalled();

        /** The last handle was closed: nothing will be heard any more. */
        default void hungUp() {
            // Most listeners end their subscription themselves.
        }
    }
}

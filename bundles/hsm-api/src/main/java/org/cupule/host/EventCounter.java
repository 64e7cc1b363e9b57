package org.cupule.host;

import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What an event counter is made of: implemented once for this process alone, and once for each operating system.
 * {@link SharedEventFd} keeps its handles.
 *
 * @threading any thread
 */
@ConsumerType
public interface EventCounter {
    /** Adds; as {@link EventFd#add}. */
    void add(long count);

    /** Adds one, or stays at the highest; never waits, never fails. */
    void signal();

    /** Takes the count; as {@link EventFd#take}. */
    long take();

    /**
     * Calls {@link EventSubscription#signalled} for each signal from now on, and once when the count is not 0 now.
     * Holds no lock while it calls.
     */
    void watch(EventSubscription subscription);

    /** Calls it no more; a call that is inside may still be. Does nothing when it is not watched. */
    void unwatch(EventSubscription subscription);

    /** {@return a descriptor of it, owned by the caller; empty when it has none} */
    Optional<Descriptor> descriptor();

    /** Nobody refers to it any more. */
    void release();
}

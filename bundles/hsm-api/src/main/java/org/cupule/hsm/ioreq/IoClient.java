package org.cupule.hsm.ioreq;

import org.cupule.types.IoRange;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A client of I/O requests and its ranges.
 *
 * @threading any thread
 */
@ProviderType
public interface IoClient extends AutoCloseable {
    /** {@return its name} */
    String name();

    /** Adds a range; overlaps and duplicates are allowed, the newest wins. Takes effect for the next request. */
    void add(IoRange range);

    /** Removes the newest range equal in space, first and last; nothing happens when there is none. */
    void remove(IoRange range);

    /**
     * Removes the client. Returns when no vCPU of this VM is inside its handler, so that no call is made afterwards;
     * called from inside its own handler it returns at once and the rest happens when that call has ended. A request
     * that arrives meanwhile goes to the next client that claims it. Afterwards the VM holds nothing of the handler, so
     * that the classes of the plug-in that it is from can go.
     */
    @Override
    void close();

    /**
     * Removes the client at once, without waiting for its handler: for a handler that does not return. Each request
     * that it has is answered in its place, a read with all ones, and counted as a failure. What the handler yields
     * when it comes back after all is ignored. A vCPU or dispatcher whose thread is inside goes on on another one.
     */
    void abandon();
}

package org.cupule.hsm.ioreq;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The I/O requests of one VM, and the clients that answer them.
 *
 * <p>
 * A request goes to the newest client that has a range around all of it; else to the default client; without one it
 * stays PENDING until a default client appears. A request for PCI configuration space always goes to the default
 * client.
 *
 * @threading any thread
 */
@ProviderType
public interface IoRequests {
    /**
     * Adds a client whose handler is called on the dispatching thread.
     *
     * @param name
     *            shown to people; 1 to 15 characters count
     */
    IoClient inline(String name, IoHandler handler);

    /** Adds a client with a thread of its own, named {@code VM<id>-<name>}. */
    IoClient threaded(String name, IoHandler handler);

    /** Sets the default client, in its inline form. EEXIST when there is one, of either form. */
    IoClient inlineDefault(String name, IoHandler handler);

    /** Sets the default client, in its attach and notify form. EEXIST when there is one, of either form. */
    DefaultClient createDefault();

    /** {@return the default client of the attach and notify form, if there is one} */
    java.util.Optional<DefaultClient> attachable();

    /**
     * Tells that the default client has answered the request of a vCPU in its slot.
     *
     * @param vcpu
     *            EINVAL when not below the number of vCPUs; without a default client nothing happens
     */
    void notifyFinished(int vcpu);

    /**
     * Completes what is in flight, between pause and reset: until it returns, new requests complete at once; waits at
     * most 100 ms for the threaded clients; then completes each request of the default client.
     */
    void clear();

    /** {@return the clients, newest first, the default one last} */
    List<ClientInfo> clients();

    /** {@return the last requests, oldest first, when tracing is on} */
    List<IoTrace> trace();

    /** Keeps the last {@code entries} requests from now on; 0 stops it. At most 65536. */
    void trace(int entries);

    /** {@return the counters of the whole VM} */
    Counters counters();

    /**
     * What the HSM counts, independently of any guest or device.
     *
     * @param posted
     *            requests that the hypervisor has posted
     * @param completed
     *            requests that were answered
     * @param lost
     *            requests that were found in a state that only a lost one can have
     * @param twice
     *            requests for which a second answer was tried and refused
     * @param unclaimed
     *            requests that the default client had to answer
     * @threading immutable
     */
    record Counters(long posted, long completed, long lost, long twice, long unclaimed) {
    }
}

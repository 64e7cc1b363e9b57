package org.cupule.hsm.ioreq;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A client of I/O requests that attaches itself: an OSGi service. While it is registered, the HSM has one client for it
 * in each VM whose name matches, those that are there and those to come. Its properties say what it wants:
 *
 * <pre>
 *  cupule.client     its name among the clients of a VM; the class's simple name without it
 *  cupule.vm         String or list: names of VMs; '*' stands for any characters. Without it: all VMs
 *  cupule.ranges     String or list: "ports 0x60-0x64", "ports 0x80", "memory 0xfed40000-0xfed44fff"
 *  cupule.threaded   Boolean: a thread of its own in each VM, instead of the dispatching thread
 * </pre>
 *
 * <p>
 * When the properties change, ranges are added and removed in the clients that stay. When the service goes away, each
 * client is removed once no vCPU is inside its handler: a request that arrives meanwhile goes to the next client that
 * claims it, so none is lost. A service with ranges that cannot be read is not attached, and the log says why.
 *
 * @threading any thread; attach and detach are called one at a time for one service
 */
@ConsumerType
public interface IoRequestClient {
    /** Property: the client's name. */
    String NAME = "cupule.client";
    /** Property: the names of the VMs. */
    String VM = "cupule.vm";
    /** Property: the ranges. */
    String RANGES = "cupule.ranges";
    /** Property: whether it has a thread. */
    String THREADED = "cupule.threaded";

    /**
     * Begins to serve a VM.
     *
     * @param vmid
     *            its id
     * @param name
     *            its name
     * @return what answers this VM's requests
     * @throws RuntimeException
     *             the VM goes without this client; it is logged
     */
    IoHandler attach(int vmid, String name);

    /** The handler of this VM is called no more. */
    default void detach(int vmid) {
    }
}

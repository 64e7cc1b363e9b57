package org.cupule.hsm.eventfd;

import java.util.List;
import org.cupule.host.EventFd;
import org.cupule.types.Msi;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What event counters and one VM do to each other.
 *
 * <pre>
 *   guest --write--> ioeventfd --signal--> counter        no client is called, no answer is waited for
 *   counter --signal--> irqfd --message--> guest
 * </pre>
 *
 * <p>
 * A counter may be used in many VMs, for both, and for many ioeventfds; in one VM for one irqfd only.
 *
 * @threading any thread
 */
@ProviderType
public interface EventFds {
    /**
     * Makes a counter: one that other processes can share where there is a host, else one of this process.
     *
     * @return a handle, owned by the caller
     */
    EventFd create();

    /**
     * Signals a counter at each write that fits, from the next one on. A read yields 0; a write that does not fit is
     * swallowed; an access that reaches over the end goes to another client. Of several that fit the oldest one is
     * signalled.
     *
     * @param eventFd
     *            the caller may close its handle: the VM goes on signalling
     * @throws org.cupule.types.HsmException
     *             EEXIST when the counter has one that {@linkplain IoEventFd#conflicts conflicts}; EBADF when the
     *             handle is closed
     */
    void assign(EventFd eventFd, IoEventFd ioEventFd);

    /** Removes the oldest ioeventfd of a counter; nothing happens when there is none ({@code hsm.md} 12.4). */
    void deassignIoEventFd(EventFd eventFd);

    /**
     * Injects a message at each signal of a counter, from now on, and at once when its count is not 0. The count is
     * never read. The irqfd ends by itself when the counter hangs up.
     *
     * @param eventFd
     *            must stay open for it
     * @throws org.cupule.types.HsmException
     *             EBUSY when the counter has an irqfd in this VM; EBADF when the handle is closed
     */
    void assign(EventFd eventFd, Msi msi);

    /**
     * Ends the irqfd of a counter and zeroes its count; nothing happens when there is none. No message is injected
     * after the return.
     */
    void deassignIrqFd(EventFd eventFd);

    /** {@return the ioeventfds, oldest first} */
    List<IoEventFdInfo> ioEventFds();

    /** {@return the irqfds, oldest first} */
    List<IrqFdInfo> irqFds();

    /**
     * An ioeventfd as people see it.
     *
     * @param eventFd
     *            the counter, in words
     * @param ioEventFd
     *            what signals it
     * @param signals
     *            how often it was signalled; 0 when the hypervisor does it
     * @param offloaded
     *            whether the hypervisor does it
     * @threading immutable
     */
    record IoEventFdInfo(String eventFd, IoEventFd ioEventFd, long signals, boolean offloaded) {
    }

    /**
     * An irqfd as people see it.
     *
     * @param eventFd
     *            the counter, in words
     * @param msi
     *            what is injected
     * @param injections
     *            how often it was injected; 0 when the hypervisor does it
     * @param failures
     *            how often the hypervisor refused it
     * @param offloaded
     *            whether the hypervisor does it
     * @threading immutable
     */
    record IrqFdInfo(String eventFd, Msi msi, long injections, long failures, boolean offloaded) {
    }
}

package org.cupule.hypervisor;

import java.util.OptionalLong;
import org.cupule.host.Descriptor;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Event counters that a hypervisor signals, and listens to, by itself. The HSM has made the checks of {@code hsm.md}
 * 12.2 and 12.5 before; a descriptor is the caller's and may be closed after the call.
 *
 * @threading any thread
 */
@ConsumerType
public interface EventFdOffload {
    /** Signals an eventfd at writes to a range, any or of one value. */
    void assignIoEventFd(Descriptor eventFd, IoRange range, OptionalLong match);

    /** Signals it no more. */
    void deassignIoEventFd(Descriptor eventFd, IoRange range, OptionalLong match);

    /** Injects a message at each signal of an eventfd. */
    void assignIrqFd(Descriptor eventFd, Msi msi);

    /** Injects no more, and zeroes the count. */
    void deassignIrqFd(Descriptor eventFd);
}

package org.cupule.hypervisor;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A hypervisor that a bundle would offer, and cannot on this machine. An OSGi service, there as long as the hypervisor
 * is not: so that whoever asks for it by name hears why.
 *
 * @threading any thread
 */
@ConsumerType
public interface AbsentHypervisor {
    /** {@return the name by which people would ask for it} */
    String name();

    /** {@return why it is not there and what to do about it: one sentence, without a full stop} */
    String reason();
}

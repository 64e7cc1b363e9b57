package org.cupule.hsm.ioreq;

import org.osgi.annotation.versioning.ProviderType;

/**
 * One I/O request as its client sees it: a view of the slot.
 *
 * @threading confined to the call that it was handed to
 */
@ProviderType
public interface IoAccess {
    /** {@return the vCPU that made it} */
    int vcpu();

    /** {@return {@code IoRequestPage.PORTIO}, {@code MMIO}, {@code PCICFG} or {@code WRITE_PROTECT}} */
    int type();

    /** {@return the port or guest physical address; meaningless for PCICFG} */
    long address();

    /** {@return bytes: 1, 2, 4 or 8} */
    int size();

    /** {@return whether it is a write} */
    boolean write();

    /** {@return what is written, zero-extended; for a read what the slot held} */
    long value();

    /** {@return bus, device and function of a PCICFG request in their 16-bit form} */
    int bdf();

    /** {@return register of a PCICFG request, 0 to 4095} */
    int register();
}

package org.cupule.hardware;

import org.osgi.annotation.versioning.ProviderType;

/**
 * What an I/O APIC reaches outside itself.
 *
 * @threading confined to the caller that is inside the I/O APIC
 */
@ProviderType
public interface IoApicContext {
    /**
     * Sends an interrupt message to the local APICs; they take it after the present call.
     *
     * @param destination
     *            the destination field
     * @param logical
     *            the destination mode
     * @param deliveryMode
     *            one of {@link Lapic}'s delivery modes
     * @param vector
     *            the vector
     * @param level
     *            the trigger mode
     */
    void deliver(int destination, boolean logical, int deliveryMode, int vector, boolean level);
}

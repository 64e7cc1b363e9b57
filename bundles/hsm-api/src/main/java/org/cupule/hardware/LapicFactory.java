package org.cupule.hardware;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Makes {@link Lapic} models.
 *
 * @threading any thread
 */
@ConsumerType
public interface LapicFactory extends HardwareFactory {
    /**
     * Makes a model in its power-on state.
     *
     * @param apicId
     *            the initial APIC id, equal to the vCPU's index
     * @param context
     *            what the local APIC reaches outside itself
     * @return a new model, owned by the caller
     */
    Lapic create(int apicId, LapicContext context);
}

package org.cupule.hardware;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Makes {@link IoApic} models.
 *
 * @threading any thread
 */
@ConsumerType
public interface IoApicFactory extends HardwareFactory {
    /**
     * Makes a model in its power-on state.
     *
     * @param context
     *            what the I/O APIC reaches outside itself
     * @return a new model, owned by the caller
     */
    IoApic create(IoApicContext context);
}

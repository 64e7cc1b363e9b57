package org.cupule.hardware;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Makes {@link Cpu} models.
 *
 * @threading any thread
 */
@ConsumerType
public interface CpuFactory extends HardwareFactory {
    /**
     * Makes a model in its power-on state.
     *
     * @param spec
     *            which processor of which machine it is
     * @param context
     *            what the processor reaches outside itself
     * @return a new model, owned by the caller
     */
    Cpu create(CpuSpec spec, CpuContext context);
}

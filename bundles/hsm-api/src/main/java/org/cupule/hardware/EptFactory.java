package org.cupule.hardware;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Makes {@link Ept} models.
 *
 * @threading any thread
 */
@ConsumerType
public interface EptFactory extends HardwareFactory {
    /**
     * Makes a model in its power-on state.
     *
     * @return a new model, owned by the caller
     */
    Ept create();
}

package org.cupule.hardware;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Makes {@link Pic} models.
 *
 * @threading any thread
 */
@ConsumerType
public interface PicFactory extends HardwareFactory {
    /**
     * Makes a model in its power-on state.
     *
     * @param context
     *            what the pair reaches outside itself
     * @return a new model, owned by the caller
     */
    Pic create(PicContext context);
}

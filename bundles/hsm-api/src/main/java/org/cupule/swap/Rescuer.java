package org.cupule.swap;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Who helps an instance that is in quarantine: by moving it to another model, which goes on with the state that was
 * saved. An OSGi service; each owner of instances tells all that are there.
 *
 * @threading any thread, one of its own for each call
 */
@ConsumerType
public interface Rescuer {
    /**
     * An instance was taken out of service after failures. What could be saved of its state is kept, and a swap of the
     * target uses it.
     *
     * @param owner
     *            whose it is
     * @param target
     *            its name as a target
     */
    void quarantined(Swappable owner, String target);
}

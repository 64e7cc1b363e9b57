package org.cupule.swap;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Who wants to know how plug-ins come and go. An OSGi service; the deployer calls all that are there.
 *
 * @threading any thread, one call at a time, inside a transaction: returns soon, and begins no other transaction
 */
@ConsumerType
public interface PluginListener {
    /** A plug-in has come to another state. */
    void changed(PluginEvent event);
}

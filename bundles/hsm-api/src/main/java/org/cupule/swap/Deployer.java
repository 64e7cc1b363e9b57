package org.cupule.swap;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Plug-ins come, go and are swapped through it, each as one transaction: it is carried out whole, or all is as before.
 * An OSGi service.
 *
 * @threading any thread; one transaction at a time
 */
@ProviderType
public interface Deployer {
    /**
     * Installs and starts a plug-in, beside what is there: several versions of a bundle may live at once.
     *
     * @param location
     *            a jar
     * @return what was done
     * @throws org.cupule.types.HsmException
     *             ENOENT when the jar is not there; EINVAL when it is no bundle, or does not resolve (the sentence
     *             names what is missing); EEXIST when just this version is installed
     */
    Deployment plug(URI location);

    /**
     * Installs a plug-in beside the one whose place it takes, moves every live instance of the models that both have,
     * and uninstalls the old one; or, when anything fails, moves back what was moved and uninstalls the new one.
     *
     * @param deadline
     *            for each instance's quiescing
     */
    Deployment swap(URI location, Duration deadline);

    /**
     * Uninstalls a plug-in whose models no live instance uses.
     *
     * @param bundle
     *            id, symbolic name or {@code name@version}
     * @param force
     *            also when instances use it: those are parked (devices float, a VM without hardware pauses)
     * @throws org.cupule.types.HsmException
     *             ENOENT when there is none; EBUSY when it is in use (the sentence names by whom), or when other
     *             bundles are wired to it (the sentence names the chain)
     */
    Deployment unplug(String bundle, boolean force);

    /** {@return the plug-ins that are installed} */
    List<Plugin> plugins();

    /**
     * What a transaction did.
     *
     * @param plugin
     *            the plug-in concerned
     * @param swaps
     *            the instances that were moved
     * @param steps
     *            what was done, in order, for people
     * @threading immutable
     */
    record Deployment(Plugin plugin, List<SwapReport> swaps, List<String> steps) {
        /** Copies the lists. */
        public Deployment {
            swaps = List.copyOf(swaps);
            steps = List.copyOf(steps);
        }
    }

    /**
     * An installed plug-in: a bundle that offers models.
     *
     * @param bundle
     *            bundle id
     * @param name
     *            symbolic name
     * @param version
     *            bundle version
     * @param models
     *            what it offers, as {@code kind/name@version}
     * @param users
     *            targets of live instances of its models
     * @threading immutable
     */
    record Plugin(long bundle, String name, String version, List<String> models, List<String> users) {
        /** Copies the lists. */
        public Plugin {
            models = List.copyOf(models);
            users = List.copyOf(users);
        }
    }
}

package org.cupule.swap;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Plug-ins come, go and are swapped through it, each as one transaction: it is carried out whole, or all is as before.
 * An OSGi service. A second transaction during one is refused with EBUSY, or with EALREADY when it asks for just the
 * same.
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
     *             names what is missing); EEXIST when just this version is installed, be it this build of it or
     *             another, which could take its place by {@link #swap}
     */
    Deployment plug(URI location);

    /**
     * Installs a plug-in beside the one whose place it takes, moves every live instance of the models that both have,
     * and uninstalls the old one; or, when anything fails, moves back what was moved and uninstalls the new one.
     *
     * <p>
     * A jar of the same name and version but other content is a new build of it, and takes its place like a new
     * version: so a developer need not count.
     *
     * @param deadline
     *            for each instance's quiescing
     * @throws org.cupule.types.HsmException
     *             as {@link #plug}, EEXIST only when just this build is installed; and as {@link Swappable#swap}
     */
    Deployment swap(URI location, Duration deadline);

    /**
     * Uninstalls a plug-in whose models no live instance uses.
     *
     * @param bundle
     *            id, symbolic name or {@code name@version}
     * @param force
     *            also when instances use it: those are parked (devices float, a VM without hardware pauses)
     * @return what was done; it is complete when the class loader is collected, which is waited for a while: the last
     *         step says whether the plug-in is gone, or leaked
     * @throws org.cupule.types.HsmException
     *             ENOENT when there is none; EALREADY when just that is going on; EBUSY when it is in use (the sentence
     *             names by whom), or when other bundles are wired to it (the sentence names the chain)
     */
    Deployment unplug(String bundle, boolean force);

    /** {@return the plug-ins that are installed} */
    List<Plugin> plugins();

    /** {@return the last steps of plug-ins, oldest first; of those that are not installed, the last one always} */
    List<PluginEvent> events();

    /**
     * Looks for what holds the class loaders of uninstalled plug-ins. Collects garbage, and where something is left,
     * reads a dump of the heap: guests stand still meanwhile, about a second for 200 MB.
     *
     * @return what was found; empty when all uninstalled plug-ins are gone
     */
    List<Leak> leaks();

    /** {@return the threads that were left behind in plug-ins' starting and stopping, and have not come back} */
    List<StuckThread> stuck();

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
     * @param location
     *            where its jar came from
     * @param sha256
     *            SHA-256 of its jar, in lower-case hexadecimal: tells builds of one version apart; empty when it is not
     *            known
     * @param state
     *            ACTIVE, or where it is on its way
     * @threading immutable
     */
    record Plugin(long bundle, String name, String version, List<String> models, List<String> users, String location,
            String sha256, PluginState state) {
        /** Copies the lists. */
        public Plugin {
            models = List.copyOf(models);
            users = List.copyOf(users);
        }
    }
}

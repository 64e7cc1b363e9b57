package org.cupule.deployer;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.wiring.FrameworkWiring;

/**
 * What the deployer asks of the framework. Only leaf bundles are let go: one to which another is wired would take that
 * one with it at the next refresh, and perhaps a running VM.
 *
 * @threading any thread
 */
final class Wiring {
    private final BundleContext context;
    private final FrameworkWiring framework;

    Wiring(BundleContext context) {
        this.context = context;
        this.framework = context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class);
    }

    List<Bundle> bundles() {
        return List.of(context.getBundles());
    }

    /** Installs a jar under a location of its own, so that an equal one may live beside it. */
    Bundle install(PluginJar jar, long number) {
        try {
            return context.installBundle("plugin:%s/%s/%d".formatted(jar.name(), jar.version(), number), jar.open());
        } catch (BundleException e) {
            throw failure(Errno.EINVAL, jar.name() + " cannot be installed", e);
        }
    }

    /** Resolves and starts: EINVAL with what is missing. */
    void start(Bundle bundle) {
        try {
            bundle.start();
        } catch (BundleException e) {
            throw failure(Errno.EINVAL, name(bundle) + " does not start", e);
        }
    }

    /** Stops, uninstalls and refreshes that bundle alone. */
    void remove(Bundle bundle) {
        try {
            bundle.uninstall();
            framework.refreshBundles(Set.of(bundle));
        } catch (BundleException e) {
            throw failure(Errno.EIO, name(bundle) + " cannot be uninstalled", e);
        }
    }

    /** Refuses with EBUSY a bundle to which others are wired, naming them. */
    void requireLeaf(Bundle bundle) {
        Set<Bundle> closure = framework.getDependencyClosure(Set.of(bundle)).stream()
                .filter(other -> !other.equals(bundle))
                .collect(Collectors.toSet());
        if (!closure.isEmpty()) {
            throw new HsmException(Errno.EBUSY, "unplug",
                    "%s holds up %s; only a plug-in that nothing is wired to can go"
                            .formatted(name(bundle), closure.stream().map(Wiring::name).sorted().collect(
                                    Collectors.joining(", "))));
        }
    }

    /** Refuses with EINVAL a bundle that exports packages: a plug-in offers services. */
    static void requirePlugin(Bundle bundle) {
        if (bundle.getHeaders("").get(Constants.EXPORT_PACKAGE) != null) {
            throw new HsmException(Errno.EINVAL, "plug",
                    name(bundle)
                            + " exports packages; a plug-in offers services only, so that it can be swapped alone");
        }
    }

    static String name(Bundle bundle) {
        return bundle.getSymbolicName() + "@" + bundle.getVersion();
    }

    private static HsmException failure(Errno errno, String what, BundleException cause) {
        return new HsmException(errno, "plug", what + ": " + cause.getMessage(), cause);
    }
}

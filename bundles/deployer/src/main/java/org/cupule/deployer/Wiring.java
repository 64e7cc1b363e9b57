package org.cupule.deployer;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cupule.swap.StuckThread;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleWire;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;

/**
 * What the deployer asks of the framework. Only leaf bundles are let go: one to which another is wired would take that
 * one with it at the next refresh, and perhaps a running VM. What runs code of a plug-in has a deadline.
 *
 * @threading any thread
 */
final class Wiring {
    /** Longer than the owners of instances take to park theirs. */
    static final Duration DEADLINE = Duration.ofSeconds(20);

    private final BundleContext context;
    private final FrameworkWiring framework;
    private final Origins origins = new Origins();
    private final Patience patience = new Patience();
    private volatile Duration deadline = DEADLINE;

    Wiring(BundleContext context) {
        this.context = context;
        this.framework = context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class);
    }

    /** Sets how long a plug-in may take to start or to stop. */
    void deadline(Duration wanted) {
        deadline = wanted;
    }

    List<StuckThread> stuck() {
        return patience.stuck();
    }

    /** {@return where a bundle's jar came from, and what was in it} */
    Origins.Origin origin(Bundle bundle) {
        return origins.of(bundle);
    }

    List<Bundle> bundles() {
        return List.of(context.getBundles());
    }

    /** {@return whether the deployer has installed it} */
    static boolean ours(Bundle bundle) {
        return bundle.getLocation().startsWith("plugin:");
    }

    /** Installs a jar under a location of its own, so that an equal one may live beside it. */
    Bundle install(PluginJar jar, long number) {
        try {
            Bundle bundle = context.installBundle("plugin:%s/%s/%d".formatted(jar.name(), jar.version(), number),
                    jar.open());
            origins.add(bundle, jar);
            return bundle;
        } catch (BundleException | RuntimeException e) {
            throw new HsmException(Errno.EINVAL, "plug", "%s cannot be installed: %s".formatted(jar.text(), e
                    .getMessage()), e);
        }
    }

    /** Has the framework find what the bundle needs, with nothing of it run: EINVAL with what is missing. */
    void resolve(Bundle bundle) {
        if (framework.resolveBundles(Set.of(bundle))) {
            return;
        }
        try {
            bundle.start(); // fails before anything of it runs, and says why
        } catch (BundleException | RuntimeException e) {
            throw new HsmException(Errno.EINVAL, "plug", "%s does not resolve: %s".formatted(name(bundle),
                    line(e)), e);
        }
    }

    /** Starts it: EINVAL when it fails, ETIMEDOUT when it does not end; then it is removed when it comes back. */
    void start(Bundle bundle) {
        if (!called("start", bundle, bundle::start, () -> removeQuietly(bundle))) {
            throw late(bundle, "start");
        }
    }

    /** Stops, uninstalls and refreshes that bundle alone: EIO when it fails, ETIMEDOUT when it does not end. */
    void remove(Bundle bundle) {
        boolean back = called("stop", bundle, () -> {
            bundle.uninstall();
            framework.refreshBundles(Set.of(bundle));
        }, () -> {
            // it is uninstalled after all
        });
        if (!back) {
            throw late(bundle, "stop");
        }
        origins.remove(bundle);
    }

    private boolean called(String what, Bundle bundle, Patience.Call call, Runnable whenLate) {
        try {
            return patience.run("%s of %s".formatted(what, name(bundle)), deadline, call, whenLate);
        } catch (Exception e) {
            throw new HsmException(what.equals("start") ? Errno.EINVAL : Errno.EIO, "plug",
                    "%s does not %s: %s".formatted(name(bundle), what, line(e)), e);
        }
    }

    /** Equinox tells in several lines what is missing; a sentence has one. */
    private static String line(Exception cause) {
        return String.valueOf(cause.getMessage()).strip().replaceAll("\\s*\\R\\s*", "; ");
    }

    private HsmException late(Bundle bundle, String what) {
        return new HsmException(Errno.ETIMEDOUT, "plug",
                "%s has not ended its %s within %d ms; its thread is left behind: hsm:stuck names it".formatted(
                        name(bundle), what, deadline.toMillis()));
    }

    private void removeQuietly(Bundle bundle) {
        try {
            bundle.uninstall();
            framework.refreshBundles(Set.of(bundle));
            origins.remove(bundle);
        } catch (BundleException | IllegalStateException e) {
            // it has gone otherwise
        }
    }

    /** {@return the class loader of a resolved bundle} */
    static @Nullable ClassLoader loader(Bundle bundle) {
        BundleWiring wiring = bundle.adapt(BundleWiring.class);
        return wiring == null ? null : wiring.getClassLoader();
    }

    /** Refuses with EBUSY a bundle to which others are wired, naming the chain to each, and who lives on it. */
    void requireLeaf(Bundle bundle, Instances instances) {
        Map<Bundle, String> chains = chains(bundle);
        if (chains.isEmpty()) {
            return;
        }
        String users = chains.keySet().stream().flatMap(other -> instances.targetsOf(other.getBundleId()).stream())
                .map(target -> target.name()).sorted().collect(Collectors.joining(", "));
        throw new HsmException(Errno.EBUSY, "unplug",
                "%s cannot go alone: %s; a refresh would restart them%s".formatted(name(bundle),
                        String.join("; ", chains.values()),
                        users.isEmpty() ? "" : " under " + users));
    }

    /** {@return for each bundle that a refresh would restart too, how it hangs on this one} */
    private Map<Bundle, String> chains(Bundle from) {
        var chains = new LinkedHashMap<Bundle, String>();
        var queue = new ArrayDeque<Bundle>(List.of(from));
        while (!queue.isEmpty()) {
            Bundle bundle = queue.poll();
            for (BundleWire wire : provided(bundle)) {
                Bundle user = wire.getRequirer().getBundle();
                if (!user.equals(from) && !chains.containsKey(user)) {
                    chains.put(user, "%s -> %s by %s".formatted(chains.getOrDefault(bundle, name(bundle)), name(user),
                            text(wire.getCapability())));
                    queue.add(user);
                }
            }
        }
        return chains;
    }

    private static List<BundleWire> provided(Bundle bundle) {
        BundleWiring wiring = bundle.adapt(BundleWiring.class);
        List<BundleWire> wires = wiring == null ? null : wiring.getProvidedWires(null);
        return wires == null ? List.of() : wires;
    }

    private static String text(BundleCapability capability) {
        Object value = capability.getAttributes().get(capability.getNamespace());
        return capability.getNamespace().equals(PackageNamespace.PACKAGE_NAMESPACE)
                ? "package " + value
                : Stream.of(capability.getNamespace(), value).filter(Objects::nonNull).map(String::valueOf)
                        .collect(Collectors.joining(" "));
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
}

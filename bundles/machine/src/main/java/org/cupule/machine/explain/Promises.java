package org.cupule.machine.explain;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRevision;

/**
 * What the manifests of bundles say that they would offer ({@link OffersModel}), for models that nobody offers now: a
 * bundle that is installed but does not run.
 *
 * @threading any thread
 */
public final class Promises {
    /** Nobody promises anything. */
    public static final Promises NONE = new Promises((kind, model) -> Optional.empty());

    private final BiFunction<String, String, Optional<String>> lookup;

    /** Asks the bundles of this framework. */
    public Promises(BundleContext context) {
        this((kind, model) -> Arrays.stream(context.getBundles()).flatMap(bundle -> sentence(bundle, kind, model))
                .findFirst());
    }

    private Promises(BiFunction<String, String, Optional<String>> lookup) {
        this.lookup = lookup;
    }

    /**
     * {@return a sentence about a bundle that would offer a model if it ran}
     *
     * @param kind
     *            the model's kind
     * @param model
     *            name or {@code name@version}, or empty for any
     */
    Optional<String> of(String kind, String model) {
        return lookup.apply(kind, model);
    }

    private static Stream<String> sentence(Bundle bundle, String kind, String model) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        return revision == null || bundle.getState() == Bundle.ACTIVE
                ? Stream.of()
                : revision.getDeclaredCapabilities(OffersModel.NAMESPACE).stream().map(BundleCapability::getAttributes)
                        .filter(promise -> kind.equals(promise.get("kind")) && matches(promise, model))
                        .map(promise -> "bundle %d (%s %s) offers %s@%s but is %s: start it with 'start %d'".formatted(
                                bundle.getBundleId(), bundle.getSymbolicName(), bundle.getVersion(),
                                promise.get("name"), promise.get("version"), state(bundle), bundle.getBundleId()));
    }

    private static boolean matches(Map<String, Object> promise, String model) {
        return model.isEmpty() || new ModelInfo("", String.valueOf(promise.get("name")), plain(promise.get("version")),
                "").matches(model);
    }

    /** {@return a version without its qualifier} */
    private static String plain(Object version) {
        return version instanceof org.osgi.framework.Version v
                ? "%d.%d.%d".formatted(v.getMajor(), v.getMinor(), v.getMicro())
                : "0.0.0";
    }

    private static String state(Bundle bundle) {
        return switch (bundle.getState()) {
            case Bundle.INSTALLED -> "installed and not resolved";
            case Bundle.STARTING -> "just starting";
            case Bundle.STOPPING -> "just stopping";
            default -> "stopped";
        };
    }
}

package org.cupule.deployer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** Owns instances of the models that active bundles name in their header {@code Test-Models: kind/name, ...}. */
final class HeaderOwner implements Swappable {
    final Set<String> failing = new HashSet<>();
    Runnable duringSwap = () -> {
    };
    private final BundleContext context;
    private final List<Target> targets = new ArrayList<>();

    HeaderOwner(BundleContext context) {
        this.context = context;
    }

    void live(String name, String kind) {
        live(name, kind, "");
    }

    void live(String name, String kind, String version) {
        Offer offer = offers().stream().filter(o -> o.model().kind().equals(kind)
                && o.model().version().startsWith(version)).findFirst().orElseThrow();
        targets.add(new Target(name, 1, offer.model(), offer.bundle(), "running"));
    }

    void quarantine(String name) {
        targets.replaceAll(target -> target.name().equals(name)
                ? new Target(name, 1, target.model(), target.bundle(), "quarantined: it fails")
                : target);
    }

    @Override
    public List<Target> targets() {
        return List.copyOf(targets);
    }

    @Override
    public List<Offer> offers() {
        return Arrays.stream(context.getBundles()).filter(bundle -> bundle.getState() == Bundle.ACTIVE)
                .flatMap(HeaderOwner::offers).toList();
    }

    private static Stream<Offer> offers(Bundle bundle) {
        String header = bundle.getHeaders("").get("Test-Models");
        return header == null
                ? Stream.of()
                : Arrays.stream(header.split(",")).map(text -> text.split("/"))
                        .map(part -> new Offer(new ModelInfo(part[0], part[1], bundle.getVersion().toString(), ""),
                                bundle.getBundleId()));
    }

    @Override
    public SwapReport swap(String name, long bundle, String model, Duration deadline) {
        duringSwap.run();
        if (failing.contains(name)) {
            throw new HsmException(Errno.EIO, "swap", name + " fails in restore");
        }
        Target old = targets.stream().filter(target -> target.name().equals(name)).findFirst().orElseThrow();
        Offer offer = offers().stream().filter(o -> o.bundle() == bundle && o.model().matches(model)).findFirst()
                .orElseThrow();
        targets.set(targets.indexOf(old), new Target(name, 1, offer.model(), bundle, "running"));
        return new SwapReport(name, old.model(), offer.model(), old.model().kind(), 1, 0, 0, 0);
    }
}

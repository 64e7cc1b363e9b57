package org.cupule.itests;

import java.time.Duration;
import java.util.List;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;

/**
 * All live instances of the platform under test, whoever owns them.
 *
 * @threading any thread
 *
 * @param context
 *            of the test's bundle
 */
record Owners(BundleContext context) {
    static final Duration DEADLINE = Duration.ofSeconds(60);

    private List<Swappable> all() {
        try {
            return context.getServiceReferences(Swappable.class, null).stream().map(context::getService).toList();
        } catch (InvalidSyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** {@return the live instances} */
    List<Swappable.Target> targets() {
        return all().stream().flatMap(owner -> owner.targets().stream()).toList();
    }

    Swappable.Target target(String name) {
        return targets().stream().filter(target -> target.name().equals(name)).findFirst()
                .orElseThrow(() -> new AssertionError("no target " + name + " in " + targets()));
    }

    /** {@return the models of a kind that are offered} */
    List<String> models(String kind) {
        return all().stream().flatMap(owner -> owner.offers().stream())
                .filter(offer -> offer.model().kind().equals(kind)).map(offer -> offer.model().id()).toList();
    }

    /** Moves one instance, from whichever bundle offers the model. */
    SwapReport swap(String target, String model) {
        return swap(target, model, DEADLINE);
    }

    SwapReport swap(String target, String model, Duration deadline) {
        return all().stream().filter(owner -> owner.targets().stream().anyMatch(it -> it.name().equals(target)))
                .findFirst().orElseThrow(() -> new AssertionError("nobody owns " + target))
                .swap(target, -1, model, deadline);
    }

    /** Moves one instance to a fresh one of its own model. */
    SwapReport renew(String target) {
        return swap(target, target(target).model().name());
    }
}

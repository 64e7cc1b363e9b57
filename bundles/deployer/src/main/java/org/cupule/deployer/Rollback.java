package org.cupule.deployer;

import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.cupule.swap.PluginState;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable;
import org.cupule.swap.Swappable.Offer;
import org.cupule.swap.Swappable.Target;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;

/**
 * Brings an instance that is in quarantine back to an earlier version of its model, with the state that was saved: to
 * one that is installed, else to the one whose place the failing one took.
 *
 * @threading any thread; one of its own for each call of {@link #rescue}
 */
final class Rollback {
    private static final Duration DEADLINE = Duration.ofSeconds(2);

    private final Journal journal;
    /** What has failed once: it is not gone back to while the instance and the bundle are there. */
    private final Set<Failed> failed = ConcurrentHashMap.newKeySet();

    private record Failed(Swappable owner, String target, long bundle) {
    }

    Rollback(Journal journal) {
        this.journal = journal;
    }

    /** Brings back the bundle whose place another one took. */
    interface Shelf {
        /** {@return the bundle id of the earlier one, now installed again; empty when there was none} */
        Optional<Long> bringBack(long bundle);
    }

    /** Tries the versions that are installed, newest first, then the shelf. */
    void rescue(Swappable owner, String target, Shelf shelf) {
        Optional<Target> sick = owner.targets().stream().filter(known -> known.name().equals(target)).findFirst();
        if (sick.isEmpty() || !sick.get().status().startsWith("quarantined")) {
            return;
        }
        failed.removeIf(earlier -> earlier.owner == owner && !isThere(earlier));
        failed.add(new Failed(owner, target, sick.get().bundle()));
        if (!tryInstalled(owner, sick.get())) {
            shelf.bringBack(sick.get().bundle()).ifPresentOrElse(bundle -> tryBundle(owner, sick.get(), bundle),
                    () -> journal.tell("rollback", target, "", PluginState.REFUSED,
                            "no earlier version of %s is there; it stays in quarantine".formatted(
                                    sick.get().model().id())));
        }
    }

    private boolean tryInstalled(Swappable owner, Target sick) {
        return owner.offers().stream()
                .filter(offer -> offer.model().kind().equals(sick.model().kind()) && earlier(offer, sick))
                .filter(offer -> !failed.contains(new Failed(owner, sick.name(), offer.bundle())))
                .sorted(Comparator.comparing(Offer::model, ModelInfo.PREFERENCE))
                .anyMatch(offer -> tryOffer(owner, sick, offer));
    }

    /** Older by version; among equal ones older by installation. */
    private static boolean earlier(Offer offer, Target sick) {
        int order = ModelInfo.PREFERENCE.compare(sick.model(), offer.model());
        return offer.bundle() != sick.bundle() && (order < 0 || order == 0 && offer.bundle() < sick.bundle());
    }

    private void tryBundle(Swappable owner, Target sick, long bundle) {
        owner.offers().stream().filter(offer -> offer.bundle() == bundle
                && offer.model().kind().equals(sick.model().kind())).anyMatch(offer -> tryOffer(owner, sick, offer));
    }

    private boolean tryOffer(Swappable owner, Target sick, Offer offer) {
        try {
            SwapReport report = owner.swap(sick.name(), offer.bundle(), offer.model().id(), DEADLINE);
            journal.tell("rollback", sick.name(), "", PluginState.ACTIVE,
                    "%s failed (%s); %s goes on with its state %s v%d (%d fields)".formatted(report.from().id(),
                            sick.status(), report.to().id(), report.stateKind(), report.stateVersion(),
                            report.stateFields()));
            return true;
        } catch (HsmException e) {
            journal.tell("rollback", sick.name(), "", PluginState.REFUSED, "to %s: %s".formatted(offer.model().id(),
                    e.getMessage()));
            return false;
        }
    }

    private static boolean isThere(Failed earlier) {
        return earlier.owner.targets().stream().anyMatch(target -> target.name().equals(earlier.target))
                && earlier.owner.offers().stream().anyMatch(offer -> offer.bundle() == earlier.bundle);
    }

    /** An owner has gone, and its instances with it. */
    void forget(Swappable owner) {
        failed.removeIf(earlier -> earlier.owner == owner);
    }
}

package org.cupule.deployer;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.cupule.swap.StuckThread;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;

/**
 * All live instances and offers of the platform, whoever owns them.
 *
 * @threading any thread
 */
final class Instances {
    private final List<Swappable> owners = new CopyOnWriteArrayList<>();

    void add(Swappable owner) {
        owners.add(owner);
    }

    void remove(Swappable owner) {
        owners.remove(owner);
    }

    Stream<StuckThread> stuck() {
        return owners.stream().flatMap(owner -> owner.stuck().stream());
    }

    List<Swappable.Target> targets() {
        return owners.stream().flatMap(owner -> owner.targets().stream()).toList();
    }

    List<Swappable.Target> targetsOf(long bundle) {
        return targets().stream().filter(target -> target.bundle() == bundle).toList();
    }

    Stream<ModelInfo> offersOf(long bundle) {
        return owners.stream().flatMap(owner -> owner.offers().stream())
                .filter(offer -> offer.bundle() == bundle)
                .map(Swappable.Offer::model)
                .distinct();
    }

    /** {@return the ids of the bundles that offer models} */
    List<Long> offering() {
        return owners.stream().flatMap(owner -> owner.offers().stream())
                .map(Swappable.Offer::bundle)
                .filter(bundle -> bundle >= 0)
                .distinct().sorted().toList();
    }

    SwapReport move(String target, long bundle, ModelInfo model, Duration deadline) {
        return owner(target).swap(target, bundle, model.id(), deadline);
    }

    private Swappable owner(String target) {
        return owners.stream()
                .filter(owner -> owner.targets().stream().anyMatch(known -> known.name().equals(target)))
                .findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENOENT, "swap",
                        "there is no live instance '" + target + "'; hsm:targets lists them"));
    }
}

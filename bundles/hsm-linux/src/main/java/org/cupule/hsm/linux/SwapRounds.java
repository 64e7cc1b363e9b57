package org.cupule.hsm.linux;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Everything of a VM that can be swapped, round after round, in an order that looks random and is always the same. The
 * turn of one leads it through all models of its kind, and back; where there is one only, to a new instance of it.
 *
 * @threading confined to the main thread
 */
final class SwapRounds {
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private final List<Swappable> owners;
    private final int vmid;
    private final Random random = new Random(1);
    private final Deque<String> round = new ArrayDeque<>();

    SwapRounds(List<Swappable> owners, int vmid) {
        this.owners = owners;
        this.vmid = vmid;
    }

    /** Makes the next swap. */
    SwapReport next() {
        if (round.isEmpty()) {
            refill();
        }
        if (round.isEmpty()) {
            throw new HsmException(Errno.ENOENT, "demo", "there is nothing to swap");
        }
        return swap(round.remove());
    }

    private void refill() {
        var targets = new ArrayList<>(
                owners.stream().flatMap(owner -> owner.targets().stream()).filter(target -> target.vmid() == vmid)
                        .toList());
        Collections.shuffle(targets, random);
        for (Swappable.Target target : targets) {
            round.addAll(Collections.nCopies(Math.max(1, models(owner(target.name()), target).size()), target.name()));
        }
    }

    private SwapReport swap(String name) {
        Swappable owner = owner(name);
        Swappable.Offer offer = next(owner, target(owner, name).orElseThrow());
        return owner.swap(name, offer.bundle(), offer.model().id(), DEADLINE);
    }

    private Swappable owner(String name) {
        return owners.stream().filter(owner -> target(owner, name).isPresent()).findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENOENT, "demo", "there is no target " + name));
    }

    private static Optional<Swappable.Target> target(Swappable owner, String name) {
        return owner.targets().stream().filter(target -> target.name().equals(name)).findFirst();
    }

    /** {@return the offer behind the one that the target has now, round about} */
    private static Swappable.Offer next(Swappable owner, Swappable.Target target) {
        var present = new Swappable.Offer(target.model(), target.bundle());
        List<Swappable.Offer> models = models(owner, target);
        return models.isEmpty() ? present : models.get((models.indexOf(present) + 1) % models.size());
    }

    private static List<Swappable.Offer> models(Swappable owner, Swappable.Target target) {
        return owner.offers().stream().filter(offer -> offer.model().kind().equals(target.model().kind())).toList();
    }
}

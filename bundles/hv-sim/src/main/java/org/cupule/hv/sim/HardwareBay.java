package org.cupule.hv.sim;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.cupule.hardware.HardwareFactory;
import org.cupule.hypervisor.Partition.State;
import org.cupule.state.Stateful;
import org.cupule.swap.SwapReport;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hardware of one partition: what sits in its places, what happens when a factory comes or goes, and swaps.
 *
 * @threading any thread; a vCPU's own thread hands parking and refitting to a control thread, and is refused swaps
 */
final class HardwareBay {
    private static final Logger LOG = LoggerFactory.getLogger(HardwareBay.class);

    private final SimPartition vm;
    private final Life life;
    private final HardwareSwap swap;
    private final List<Fitted<?, ?>> places;
    private final Set<String> swapping = ConcurrentHashMap.newKeySet();
    /** Whether it was a lost factory that stopped the partition; guarded by the life lock. */
    private boolean goOnWhenWhole;

    HardwareBay(SimPartition vm, List<Fitted<?, ?>> places) {
        this.vm = vm;
        this.life = vm.life;
        this.swap = new HardwareSwap(vm);
        this.places = places;
    }

    /** {@return the places where hardware models sit, in a stable order} */
    List<Fitted<?, ?>> places() {
        return places;
    }

    /** Refuses with ENODEV while a place has no model. */
    void refuseUnlessWhole(String operation) {
        for (Fitted<?, ?> place : places) {
            if (place.parked() != null) {
                throw new HsmException(Errno.ENODEV, operation, missing(place));
            }
        }
    }

    private String missing(Fitted<?, ?> place) {
        return "%s has no %s: the plug-in of %s went away; install one that offers a model of kind '%s'"
                .formatted(vm.name(), place.place, place.offer(), place.shelf.kind());
    }

    /** Somebody wants it to stand still, whatever factories come. Under the life lock. */
    void stayPaused() {
        goOnWhenWhole = false;
    }

    // ---- swap

    /** As {@code Swappable.swap}, of one place. */
    SwapReport swap(String place, long bundle, String model, Duration deadline) {
        life.refuseOwnThread("swap");
        Fitted<?, ?> found = find(place);
        if (!swapping.add(place)) {
            throw new HsmException(Errno.EBUSY, "swap", "%s.%s is just being swapped".formatted(vm.name(), place));
        }
        try {
            return swap(found, bundle, model, deadline.toNanos());
        } finally {
            swapping.remove(place);
        }
    }

    /** As {@code Swappable.objection}, of one place. */
    Optional<String> objection(String place, long bundle, String model) {
        Fitted<?, ?> found = find(place);
        return HardwareSwap.objection(found, offered(found, bundle, model));
    }

    private Fitted<?, ?> find(String place) {
        return places.stream().filter(fitted -> fitted.place.equals(place)).findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENOENT, "swap", "%s has no '%s'; it has %s".formatted(
                        vm.name(), place,
                        places.stream().map(fitted -> fitted.place).collect(Collectors.joining(", ")))));
    }

    private static <F extends HardwareFactory> Offered<F> offered(Fitted<F, ?> place, long bundle, String model) {
        return place.shelf.find(model, bundle)
                .orElseThrow(() -> new HsmException(Errno.ENOENT, "swap", place.shelf.missing(model)));
    }

    private <F extends HardwareFactory, M extends Stateful> SwapReport swap(Fitted<F, M> place, long bundle,
            String model, long deadlineNanos) {
        Offered<F> wanted = offered(place, bundle, model);
        life.lock("swap", deadlineNanos);
        try {
            life.refuseUnless(!life.over(), "swap");
            SwapReport report = swap.swap(place, wanted, deadlineNanos);
            goOnIfWhole();
            return report;
        } finally {
            life.unlock();
        }
    }

    // ---- factories

    /** A factory has gone: whatever it made is parked, and the partition stands still until another one comes. */
    void factoryGone(HardwareFactory factory) {
        var hit = places.stream().filter(place -> place.offer().is(factory)).toList();
        if (!hit.isEmpty()) {
            onControlThread(() -> park(hit));
        }
    }

    /** A factory of this kind has come: parked places may go on with it. */
    void factoryCame(String kind) {
        var hit = places.stream().filter(place -> place.shelf.kind().equals(kind) && place.parked() != null).toList();
        if (!hit.isEmpty()) {
            onControlThread(() -> refit(hit));
        }
    }

    private void onControlThread(Runnable action) {
        if (life.ownThread()) {
            Thread.ofPlatform().name(vm.name() + "-control").daemon().start(action);
        } else {
            action.run();
        }
    }

    private void park(List<Fitted<?, ?>> hit) {
        String sentence = missing(hit.getFirst());
        boolean[] stopped = new boolean[1];
        life.locked(() -> {
            if (!life.over()) {
                stopped[0] = life.running();
                goOnWhenWhole |= stopped[0];
                if (stopped[0]) {
                    life.halt();
                }
                life.reason(sentence);
                save(hit.stream().filter(place -> place.parked() == null).toList());
            }
        });
        if (stopped[0]) {
            vm.tellStopped(sentence);
        }
    }

    private void save(List<Fitted<?, ?>> lost) {
        try {
            vm.rendezvous.meet("park", vm.deadlineNanos(), () -> {
                swap.park(lost);
                return null;
            });
        } catch (RuntimeException e) {
            LOG.error("{} could not save what a plug-in left behind; it stays as it is", vm.name(), e);
        }
    }

    private void refit(List<Fitted<?, ?>> hit) {
        life.locked(() -> {
            if (!life.over()) {
                hit.stream().filter(place -> place.parked() != null)
                        .forEach(place -> swap.refit(place, vm.deadlineNanos()));
                goOnIfWhole();
            }
        });
    }

    private void goOnIfWhole() {
        if (places.stream().allMatch(place -> place.parked() == null)) {
            life.reason(null);
            if (goOnWhenWhole && life.state() == State.PAUSED) {
                LOG.info("{} goes on: all its hardware is there again", vm.name());
                life.go();
                vm.tellContinued();
            }
            goOnWhenWhole = false;
        }
    }
}

package org.cupule.hv.sim;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.cupule.hardware.HardwareFactory;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.state.Stateful;
import org.cupule.swap.SwapReport;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the hardware models of one partition are replaced while its guest runs.
 *
 * <pre>
 *  swap:  negotiate - make - rendezvous { save old - restore new - compare } - commit
 *                                              | anything fails
 *                                              '--> the new one is dropped; the old one was never changed
 *  park:  factory goes - rendezvous { save } - PAUSED with a reason
 *  refit: factory comes - make - restore - RUNNING again, if it was that when it was parked
 * </pre>
 *
 * A request in flight stays in its slot; the CPU's side of it is in the CPU's state.
 *
 * @threading under the partition's life lock, not on a vCPU's thread
 */
final class HardwareSwap {
    private static final Logger LOG = LoggerFactory.getLogger(HardwareSwap.class);

    private final SimPartition vm;

    HardwareSwap(SimPartition vm) {
        this.vm = vm;
    }

    /** Moves a place to another model. */
    <F extends HardwareFactory, M extends Stateful> SwapReport swap(Fitted<F, M> place, Offered<F> wanted,
            long deadlineNanos) {
        ModelInfo from = place.offer().info();
        int version = version(place, wanted);
        Stage stage = new Stage();
        M fresh = place.make(wanted, stage);
        var saved = new AtomicReference<ModelState>();
        long begin = System.nanoTime();
        int waiting = vm.rendezvous.meet("swap", deadlineNanos, () -> {
            place.guarded(() -> saved.set(move(place, wanted, version, fresh, stage)));
            return vm.requestsInFlight();
        });
        long pause = System.nanoTime() - begin;
        ModelState state = saved.get();
        LOG.info("{}.{} moved from {} to {} in {} ns", vm.name(), place.place, from.id(), wanted, pause);
        return new SwapReport(vm.name() + "." + place.place, from, wanted.info(), state.kind(), state.version(),
                state.fields().size(), pause, waiting);
    }

    /** {@return the sentence with which a swap would be refused before anything stands still} */
    static Optional<String> objection(Fitted<?, ?> place, Offered<?> wanted) {
        try {
            version(place, wanted);
            return Optional.empty();
        } catch (HsmException refused) {
            return Optional.of(refused.getMessage());
        }
    }

    private <F extends HardwareFactory, M extends Stateful> ModelState move(Fitted<F, M> place, Offered<F> wanted,
            int version, M fresh, Stage stage) {
        ModelState state = restore(place, wanted, version, fresh);
        place.fit(wanted, fresh, stage);
        return state;
    }

    private <F extends HardwareFactory, M extends Stateful> ModelState restore(Fitted<F, M> place, Offered<F> wanted,
            int version, M fresh) {
        String difference;
        ModelState state;
        try {
            ModelState parked = place.parked();
            state = parked != null ? parked : place.model().save(version);
            fresh.restore(state);
            difference = place.difference(fresh);
        } catch (RuntimeException | Error e) {
            throw new HsmException(Errno.EIO, "swap", "%s could not take over from %s, which goes on: %s"
                    .formatted(wanted, place.offer().info().id(), e), e);
        }
        if (difference != null) {
            throw new HsmException(Errno.EIO, "swap", "%s restored another state than %s saved, which goes on: %s"
                    .formatted(wanted, place.offer().info().id(), difference));
        }
        return state;
    }

    /** The highest version that the old model writes and the new one reads; asked before anything stands still. */
    private static int version(Fitted<?, ?> place, Offered<?> wanted) {
        ModelState parked = place.parked();
        StateSchema reader = wanted.factory().schema();
        if (parked != null) {
            return fits(parked, reader)
                    ? parked.version()
                    : refuse(place, wanted, parked.kind(),
                            "was parked as version " + parked.version(), reader);
        }
        StateSchema writer = place.model().schema();
        Optional<Integer> common = writer.commonVersion(reader);
        return common.isPresent()
                ? common.get()
                : refuse(place, wanted, writer.kind(),
                        "writes versions " + writer.writes(), reader);
    }

    private static boolean fits(ModelState parked, StateSchema reader) {
        return parked.kind().equals(reader.kind()) && reader.reads().contains(parked.version());
    }

    private static int refuse(Fitted<?, ?> place, Offered<?> wanted, String kind, String has, StateSchema reader) {
        throw new HsmException(Errno.EINVAL, "swap", "%s %s of state '%s', %s reads versions %s of state '%s'"
                .formatted(place.offer().info().id(), has, kind, wanted, reader.reads(), reader.kind()));
    }

    /** Saves the state of each place whose factory has gone. The vCPUs stand still. */
    void park(List<? extends Fitted<?, ?>> places) {
        for (Fitted<?, ?> place : places) {
            place.guarded(() -> place.park(place.model().save(newest(place.model().schema()))));
        }
    }

    private static int newest(StateSchema schema) {
        return schema.writes().stream().max(Comparator.naturalOrder()).orElseThrow();
    }

    /**
     * Tries to put a parked place into use again, with one of the models that are there now: one of the old name first.
     *
     * @return whether it is in use
     */
    <F extends HardwareFactory, M extends Stateful> boolean refit(Fitted<F, M> place, long deadlineNanos) {
        String name = place.offer().info().name();
        List<Offered<F>> candidates = place.shelf.offers().stream()
                .sorted(Comparator.comparing(offer -> !offer.info().name().equals(name))).toList();
        for (Offered<F> candidate : candidates) {
            try {
                swap(place, candidate, deadlineNanos);
                return true;
            } catch (HsmException e) {
                LOG.warn("{}.{} stays parked: {}", vm.name(), place.place, e.getMessage());
            }
        }
        return false;
    }
}

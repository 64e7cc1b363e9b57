package org.cupule.machine.device;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.cupule.state.ModelState;
import org.cupule.swap.SwapReport;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to move a device to another model while the guest runs.
 *
 * <pre>
 *  agree on a version -> make the new instance -> close the gate -> save -> restore -> commit -> open
 *     refused: nothing           on probation        |                |        |
 *     was touched                                    '--- given up ---'--------'--> open; the old instance goes on
 * </pre>
 *
 * All of it is done on a thread of its own, and a watchdog ends an attempt in which a call of a plug-in does not come
 * back: that thread is left behind, and the old instance goes on, behind a new gate when its own is taken. When it was
 * the old instance that does not come back from its save, it is quarantined.
 *
 * @threading {@link #run} on one thread, whose caller never hangs; the watchdog on another
 */
final class DeviceSwap {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceSwap.class);

    private enum Step {
        ASKING, MAKING, CLOSING, SAVING, RESTORING, COMMITTING, DONE, ABANDONED
    }

    private final HostedDevice host;
    private final String target;
    private final DeviceOffer offer;
    private final Duration deadline;
    private final AtomicReference<Step> step = new AtomicReference<>(Step.ASKING);
    private final CompletableFuture<SwapReport> outcome = new CompletableFuture<>();
    private final Thread mover;
    private final Seat seat;
    private final @Nullable Instance old;
    private volatile @Nullable Instance made;
    private volatile boolean committing;

    DeviceSwap(HostedDevice host, String target, DeviceOffer offer, Duration deadline) {
        this.host = host;
        this.target = target;
        this.offer = offer;
        this.deadline = deadline;
        this.mover = Thread.ofPlatform().daemon().name(host.around().threadName("swap")).unstarted(this::move);
        this.seat = host.seat();
        this.old = host.occupant();
    }

    /**
     * Moves the device.
     *
     * @throws HsmException
     *             EINVAL, ETIMEDOUT or EIO as {@code Swappable.swap}; the old instance goes on
     */
    SwapReport run() {
        requireShape();
        mover.start();
        watch();
        try {
            return outcome.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }

    private void move() {
        try {
            outcome.complete(moved());
        } catch (Throwable e) {
            outcome.completeExceptionally(e);
        }
    }

    private SwapReport moved() {
        int version = old == null ? parkedVersion() : commonVersion(old);
        advance(Step.ASKING, Step.MAKING);
        Instance fresh = Moves.make(host, offer);
        made = fresh;
        try {
            advance(Step.MAKING, Step.CLOSING);
            SwapReport report = behindGate(fresh, version);
            step.set(Step.DONE);
            if (old != null) {
                Moves.close(host, old.device());
            }
            return report;
        } catch (RuntimeException e) {
            fresh.context().revoke();
            Moves.close(host, fresh.device());
            throw e;
        }
    }

    private SwapReport behindGate(Instance fresh, int version) {
        long begin = System.nanoTime();
        if (!seat.gate.close(deadline.toNanos())) {
            throw late("a call into it has not ended");
        }
        try {
            return moved(fresh, version, begin);
        } finally {
            host.open(seat);
        }
    }

    private SwapReport moved(Instance fresh, int version, long begin) {
        advance(Step.CLOSING, Step.SAVING);
        if (host.occupant() != old) {
            throw new HsmException(Errno.EBUSY, "swap",
                    target + " is " + host.standing().status + " since a moment ago; try again");
        }
        Parked carried = old == null ? host.standing().state() : saved(old, version);
        advance(Step.SAVING, Step.RESTORING);
        ModelState state = carried.states().get(version);
        restore(fresh, carried, state);
        advance(Step.RESTORING, Step.COMMITTING);
        var from = host.standing().model;
        host.tenancy().occupy(seat, fresh);
        var report = new SwapReport(target, from, offer.info(), state.kind(), state.version(), state.fields().size(),
                System.nanoTime() - begin, seat.gate.arrivals());
        LOG.info("{}: {} -> {}, state {} version {}, pause {} us, {} waited", target, from.id(), offer.info().id(),
                state.kind(), state.version(), report.pauseNanos() / 1000, report.waiting());
        return report;
    }

    private void advance(Step from, Step to) {
        if (!step.compareAndSet(from, to)) {
            throw late("a model did not return from a call");
        }
    }

    private HsmException late(String why) {
        return new HsmException(Errno.ETIMEDOUT, "swap",
                "%s did not come to rest within %d ms: %s; the present model goes on".formatted(target,
                        deadline.toMillis(), why));
    }

    // ------------------------------------------------------------------ before anything is touched

    private void requireShape() {
        Shape wanted = Shape.of(offer.spec());
        if (!host.around().shape().takes(wanted)) {
            throw new HsmException(Errno.EINVAL, "swap",
                    "the model %s cannot take the place of %s: it needs %s, and there is %s".formatted(offer.text(),
                            target, wanted, host.around().shape()));
        }
    }

    /** {@return the sentence with which the swap would be refused; empty when it would be tried} */
    Optional<String> objection() {
        try {
            requireShape();
            if (old == null) {
                parkedVersion();
            } else {
                commonVersion(old);
            }
            return Optional.empty();
        } catch (HsmException refused) {
            return Optional.of(refused.getMessage());
        }
    }

    private int commonVersion(Instance present) {
        return present.offer().schema().commonVersion(offer.schema()).orElseThrow(
                () -> refused(present.offer().schema().kind(), present.offer().schema().writes(), fields(present)));
    }

    private int parkedVersion() {
        Parked parked = host.standing().state();
        return parked.stateFor(offer.schema()).map(ModelState::version)
                .orElseThrow(() -> refused(parked.stateKind(), parked.states().keySet(),
                        parked.states().lastEntry().getValue().fields().keySet()));
    }

    private HsmException refused(String kind, Set<Integer> writes, Set<String> fields) {
        return new HsmException(Errno.EINVAL, "swap",
                "%s has state '%s', which %s writes in versions %s, and %s reads '%s' in versions %s: the fields %s would be lost; choose another model"
                        .formatted(target, kind, host.standing().model.id(), new TreeSet<>(writes), offer.info().id(),
                                offer.schema().kind(), new TreeSet<>(offer.schema().reads()), fields));
    }

    /** {@return the names of the fields of the present state, by a call through the gate; none when that fails} */
    private Set<String> fields(Instance present) {
        int highest = present.offer().schema().writes().stream().max(Integer::compare).orElseThrow();
        if (!seat.gate.close(deadline.toNanos())) {
            return Set.of();
        }
        try {
            return present.device().save(highest).fields().keySet();
        } catch (Throwable e) {
            host.log("save", e);
            return Set.of();
        } finally {
            host.open(seat);
        }
    }

    // ------------------------------------------------------------------ behind the closed gate

    private Parked saved(Instance present, int version) {
        try {
            var states = new TreeMap<Integer, ModelState>();
            states.put(version, checked(present, present.device().save(version), version));
            return present.context().carried(present.offer().schema().kind(), states);
        } catch (Throwable e) {
            throw new HsmException(Errno.EIO, "swap", "the present model %s of %s failed to save its state: %s"
                    .formatted(present.offer().text(), target, e), e);
        }
    }

    private static ModelState checked(Instance present, ModelState state, int version) {
        if (!state.kind().equals(present.offer().schema().kind()) || state.version() != version) {
            throw new IllegalStateException("it saved %s version %d, asked for version %d".formatted(state.kind(),
                    state.version(), version));
        }
        return state;
    }

    private void restore(Instance fresh, Parked carried, ModelState state) {
        try {
            fresh.context().carry(carried);
            fresh.device().restore(state);
            fresh.context().carryDeadlines(carried);
        } catch (Throwable e) {
            throw new HsmException(Errno.EIO, "swap", "the model %s did not take the state of %s: %s; %s goes on"
                    .formatted(offer.text(), target, e, host.standing().model.id()), e);
        }
    }

    // ------------------------------------------------------------------ the watchdog

    private void watch() {
        outcome.copy().orTimeout(deadline.toNanos(), TimeUnit.NANOSECONDS).whenComplete((report, failure) -> {
            if (failure instanceof TimeoutException) {
                look();
            }
        });
    }

    private void look() {
        Step found = step.get();
        switch (found) {
            case CLOSING -> watch(); // the gate has a deadline of its own, and what comes next is worth another look
            case COMMITTING -> lookAtCommit();
            case DONE, ABANDONED -> {
                // Its outcome is on the way.
            }
            default -> giveUp(found);
        }
    }

    /** Nothing of a plug-in is called there but the reset of a device that was reset while it was parked. */
    private void lookAtCommit() {
        if (committing) {
            host.abandon(seat, "its model did not end its reset");
            fail();
        } else {
            committing = true;
            watch();
        }
    }

    private void giveUp(Step found) {
        if (!step.compareAndSet(found, Step.ABANDONED)) {
            watch(); // it goes on after all
            return;
        }
        LOG.error("{}: the swap to {} is given up while {}; thread {} is left behind", target, offer.info().id(),
                found.name().toLowerCase(Locale.ROOT), mover.getName());
        host.around().board().oversight().leftBehind(target + ", " + found.name().toLowerCase(Locale.ROOT), mover);
        Instance fresh = made;
        if (fresh != null) {
            fresh.context().revoke();
        }
        if (found == Step.RESTORING) {
            host.moveToNewSeat(seat);
        } else if (seat.gate.visit().filter(visit -> visit.thread() == mover).isPresent()) {
            host.abandon(seat, "its model did not end saving its state");
        }
        fail();
    }

    private void fail() {
        outcome.completeExceptionally(late("a model did not return from a call"));
    }
}

package org.cupule.machine.device;

import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cupule.machine.gate.DeviceGate;
import org.cupule.state.ModelState;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after one device: counts the calls that fail, and takes the device out of service when it is enough, or when a
 * call does not return.
 *
 * <pre>
 *   call throws, or answers nonsense --> counted --(as many in a row as the policy says)--> state saved --.
 *   call does not return ----------------> seat and gate left to it --> state saved by another thread ---+--> quarantine
 * </pre>
 *
 * In quarantine the device floats and its lines are low. Whoever oversees the machine is told, and may move it to
 * another model, which goes on with the state.
 *
 * @threading {@link #failed} inside the gate; the others any thread
 */
final class Supervisor {
    private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);
    private static final int STACK_SHOWN = 16;

    private final HostedDevice host;
    private final Surroundings around;
    private final Standing standing;
    private final AtomicLong failures = new AtomicLong();
    /** What the watch saw last, and how often in a row. Confined to the watch. */
    private Optional<DeviceGate.Visit> lastVisit = Optional.empty();
    private int looks;

    Supervisor(HostedDevice host, Surroundings around, Standing standing) {
        this.host = host;
        this.around = around;
        this.standing = standing;
    }

    /** {@return how many calls failed so far} */
    long failures() {
        return failures.get();
    }

    // ------------------------------------------------------------------ calls that fail

    /** Inside the gate. A virtual machine error of the JVM counts too: it was this device that caused it. */
    void failed(Seat here, @Nullable Instance instance, String what, Throwable cause) {
        if (here != host.seat() || instance == null) {
            LOG.info("device {} ({}): a call that was given up has come back", around.name(), standing.model.id());
            return;
        }
        failures.incrementAndGet();
        int row = ++here.failuresInRow;
        if (Integer.bitCount(row) == 1) {
            LOG.warn("device {} ({}) failed in a {}: {}", around.name(), standing.model.id(), what, told(cause), cause);
        }
        if (row >= around.board().policy().failuresInRow()) {
            quarantine(here, instance, "%d calls in a row failed, the last with %s".formatted(row, told(cause)));
        }
    }

    /** {@return what a vendor looks for, in a line: what was thrown, and where} */
    static String told(Throwable cause) {
        try {
            return cause + Stream.of(cause.getStackTrace()).findFirst().map(" at %s"::formatted).orElse("");
        } catch (RuntimeException | Error hostile) { // it is the plug-in's own class that tells
            return cause.getClass().getName();
        }
    }

    /** Saves first: while it does, the call still counts as one that must return in time. */
    private void quarantine(Seat here, Instance instance, String reason) {
        Parked kept = kept(instance, Moves.saveAll(host, instance));
        synchronized (standing) {
            if (here.left.get()) {
                return; // given up while it saved
            }
            instance.context().quiet();
            instance.context().revoke();
            here.instance = null;
            standing.kept = kept;
            standing.failing = instance.offer();
            standing.status = "quarantined: " + reason + (kept == null ? "; its state could not be saved" : "");
        }
        LOG.error("device {} ({}) is quarantined: {}; swap it, or unplug and plug it", around.name(),
                standing.model.id(), reason);
        aside("close", () -> {
            Moves.close(host, instance.device());
            tellQuarantined();
        });
    }

    /** Somebody may have an older version that goes on with the state. */
    private void tellQuarantined() {
        try {
            around.board().oversight().quarantined(around.target());
        } catch (HsmException gone) {
            LOG.debug("device {}: {}", around.name(), gone.getMessage()); // its VM was destroyed meanwhile
        }
    }

    private static @Nullable Parked kept(Instance instance, TreeMap<Integer, ModelState> states) {
        return states.isEmpty() ? null : instance.context().carried(instance.offer().schema().kind(), states);
    }

    private void aside(String what, Runnable action) {
        Thread.ofPlatform().daemon().name(around.threadName(what)).start(action);
    }

    // ------------------------------------------------------------------ calls that do not return

    /** One look of the watch: gives the device up when it has seen the same call so often. */
    void look(int most) {
        Seat here = host.seat();
        if (here.gate.closed()) {
            return; // who has closed it watches over it
        }
        Optional<DeviceGate.Visit> visit = here.gate.visit();
        looks = visit.isPresent() && visit.equals(lastVisit) ? looks + 1 : 0;
        lastVisit = visit;
        if (looks >= most) {
            Instance instance = here.instance;
            failures.incrementAndGet();
            if (abandon(here,
                    "a call into it has not returned for " + around.board().policy().call().toMillis() + " ms")
                    && instance != null) {
                aside("rescue", () -> rescue(instance));
            }
        }
    }

    /** Saves the state of a device that a thread is stuck in: perhaps torn, but who restores it checks it. */
    private void rescue(Instance instance) {
        var states = new AtomicReference<>(new TreeMap<Integer, ModelState>());
        Moves.inTime(host, "save", () -> states.set(Moves.saveAll(host, instance)));
        Parked kept = kept(instance, states.get());
        synchronized (standing) {
            if (host.seat().instance == null && standing.parked == null && standing.kept == null) {
                standing.kept = kept;
            }
        }
        tellQuarantined();
    }

    /**
     * Gives up a device that somebody is stuck in: its context is revoked, a new, empty seat takes the accesses, and
     * the requests that are inside are answered with all ones by others; so that nothing it does when it comes back
     * matters.
     *
     * @param stuck
     *            the seat that it is given up in; if another one has taken its place meanwhile, that goes on
     * @return false when another was faster
     */
    boolean abandon(Seat stuck, String reason) {
        Optional<DeviceGate.Visit> inside = stuck.gate.visit();
        synchronized (standing) {
            if (!stuck.left.compareAndSet(false, true)) {
                return false;
            }
            standing.status = "quarantined: " + reason
                    + inside.map(visit -> " (thread " + visit.thread().getName() + ")").orElse("");
            standing.failing = stuck.instance == null ? standing.failing : stuck.instance.offer();
        }
        host.leaveSeat(stuck);
        LOG.error("device {} ({}) is quarantined: {}; swap it, or unplug and plug it{}", around.name(),
                standing.model.id(), reason,
                inside.map(Supervisor::whereabouts).orElse(""));
        host.answerInItsPlace();
        inside.ifPresent(visit -> leaveBehind(visit.thread()));
        return true;
    }

    private static String whereabouts(DeviceGate.Visit visit) {
        return Stream.of(visit.thread().getStackTrace()).limit(STACK_SHOWN).map(frame -> "\n\tat " + frame).collect(
                Collectors.joining("", "; thread " + visit.thread().getName() + " is left behind in it", ""));
    }

    private void leaveBehind(Thread stuck) {
        around.board().oversight().leftBehind(around.target() + ", a call", stuck);
        around.board().late().leaveBehind(stuck);
        try {
            around.board().vm().leaveBehind(stuck);
        } catch (HsmException e) {
            LOG.debug("device {}: {}", around.name(), e.getMessage());
        }
    }
}

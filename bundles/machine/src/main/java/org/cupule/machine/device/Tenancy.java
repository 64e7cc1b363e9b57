package org.cupule.machine.device;

import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.cupule.device.DeviceFactory;
import org.cupule.state.ModelState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who sits in a device's seat: moves in, is reset, is parked, moves out. All of it behind the closed gate; what calls
 * the plug-in and could hang has a deadline.
 *
 * @threading any thread
 */
final class Tenancy {
    private static final Logger LOG = LoggerFactory.getLogger(Tenancy.class);

    private final HostedDevice host;
    private final Surroundings around;
    private final Standing standing;

    Tenancy(HostedDevice host, Surroundings around, Standing standing) {
        this.host = host;
        this.around = around;
        this.standing = standing;
    }

    /** Seats the first instance, at its place. Nothing is mapped before this. */
    void install(Instance instance, List<Windows.Placed> windows) {
        Seat here = host.enter();
        try {
            here.instance = instance;
            instance.context().commit();
        } finally {
            host.leave(here);
        }
        host.place(windows);
    }

    // ------------------------------------------------------------------ reset

    /**
     * Sets the power-on state. A device that does not come to rest in time is quarantined; one that is in quarantine is
     * made anew; a parked one is reset when it comes back.
     */
    void reset() {
        Seat here = host.seat();
        Duration most = around.patience().multipliedBy(2);
        if (!Moves.inTime(host, "reset", most, () -> reset(here))) {
            host.abandon(here, "it did not end its reset");
        }
    }

    private void reset(Seat here) {
        if (!here.gate.close(around.patience().toNanos())) {
            host.abandon(here, "it did not come to rest for a reset");
            return;
        }
        try {
            resetBehindGate(here);
        } finally {
            host.open(here);
        }
    }

    private void resetBehindGate(Seat here) {
        Instance instance = here.instance;
        DeviceOffer failed = standing.failing;
        standing.resetOnReturn = standing.parked != null;
        if (instance != null) {
            instance.context().quiet();
            host.work().call(here, instance, instance.device()::reset, "reset");
        } else if (failed != null) {
            try {
                reseat(here, Moves.make(host, failed));
            } catch (HsmException e) {
                LOG.error("device {} stays in quarantine: {}", around.name(), e.getMessage());
            }
        }
    }

    private void reseat(Seat here, Instance made) {
        if (here == host.seat()) {
            occupy(here, made);
        } else {
            made.context().revoke(); // it took so long to make it that the device was given up
            Moves.close(host, made.device());
        }
    }

    // ------------------------------------------------------------------ park

    /** Its plug-in goes away: keeps its state; accesses wait for it for the grace time, and then float. */
    void park(DeviceFactory factory) {
        Seat here = host.seat();
        if (!here.gate.close(around.patience().toNanos())) {
            host.abandon(here, "its plug-in went away while a call was in it");
            forgetFailing(factory);
            return;
        }
        Instance instance = here.instance;
        if (instance == null || instance.offer().factory() != factory) {
            forgetFailing(factory);
            host.open(here); // in quarantine, or moved to another plug-in meanwhile
            return;
        }
        try {
            park(here, instance);
        } finally {
            host.open(here);
        }
        Moves.close(host, instance.device());
    }

    private void park(Seat here, Instance instance) {
        TreeMap<Integer, ModelState> states = Moves.saveAll(host, instance);
        if (here != host.seat()) {
            return;
        }
        if (states.isEmpty()) {
            vacate(here, "quarantined: its plug-in went away, and its state could not be saved");
        } else {
            Parked kept = instance.context().carried(instance.offer().schema().kind(), states);
            vacate(here, "parked: the plug-in of " + standing.model.id() + " went away");
            standing.floatsFrom = System.nanoTime() + around.board().policy().grace().toNanos();
            standing.parked = kept;
        }
    }

    /** The model that failed cannot be tried again; what it saved waits for another one. */
    private void forgetFailing(DeviceFactory factory) {
        synchronized (standing) {
            DeviceOffer failing = standing.failing;
            if (failing == null || failing.factory() != factory) {
                return;
            }
            standing.failing = null;
            Parked kept = standing.kept;
            if (kept != null) {
                standing.status = "parked: the plug-in of " + standing.model.id() + " failed, and went away";
                standing.floatsFrom = System.nanoTime();
                standing.parked = kept;
                standing.kept = null;
            }
        }
    }

    /** It is to be made of what was saved: until then its accesses wait. */
    void expect(Parked saved) {
        standing.floatsFrom = System.nanoTime() + around.board().policy().grace().toNanos();
        standing.parked = saved;
    }

    // ------------------------------------------------------------------ save

    /**
     * {@return its state, lines and timers, behind the closed gate}
     *
     * @throws HsmException
     *             EOPNOTSUPP when it is in quarantine, EIO when its model fails
     */
    Parked still(Seat here) {
        Parked kept = standing.parked;
        if (kept != null) {
            return kept;
        }
        Instance instance = here.instance;
        if (instance == null || here != host.seat()) {
            throw new HsmException(Errno.EOPNOTSUPP, "save", "the device '%s' is %s".formatted(around.name(),
                    standing.status));
        }
        instance.context().flush();
        TreeMap<Integer, ModelState> states = Moves.saveAll(host, instance);
        if (states.isEmpty()) {
            throw new HsmException(Errno.EIO, "save", "the model %s of device '%s' failed to save its state".formatted(
                    standing.model.id(), around.name()));
        }
        return instance.context().carried(instance.offer().schema().kind(), states);
    }

    /** {@return why it could not be saved now, or null} */
    @Nullable
    String saveObstacle() {
        Instance instance = host.occupant();
        if (instance == null) {
            return standing.parked != null
                    ? null
                    : "the device '%s' is %s: unplug it".formatted(around.name(), standing.status);
        }
        return instance.offer().schema().writes().isEmpty()
                ? "the device '%s' has no state: its model %s writes none; unplug it".formatted(around.name(),
                        standing.model.id())
                : null;
    }

    // ------------------------------------------------------------------ move

    /** Takes the device away: accesses float, nothing is called any more. */
    void unplug() {
        Seat here = host.seat();
        if (here.gate.close(around.patience().toNanos())) {
            Instance instance = vacate(here, "unplugged");
            here.gate.open();
            if (instance != null) {
                Moves.close(host, instance.device());
            }
        } else {
            host.abandon(here, "it did not come to rest to be unplugged");
        }
        host.closeClient();
    }

    private @Nullable Instance vacate(Seat here, String why) {
        Instance instance = here.instance;
        if (instance != null) {
            instance.context().quiet();
            instance.context().revoke();
        }
        here.instance = null;
        standing.vacated(why);
        return instance;
    }

    /** Seats a restored instance, behind the closed gate, and brings its lines and timers into force. */
    void occupy(Seat here, Instance made) {
        Instance old = here.instance;
        if (old != null) {
            old.context().revoke();
        }
        here.instance = made;
        here.failuresInRow = 0;
        standing.occupied(made.offer());
        made.context().commit();
        if (standing.resetOnReturn) {
            resetBehindGate(here);
        }
    }
}

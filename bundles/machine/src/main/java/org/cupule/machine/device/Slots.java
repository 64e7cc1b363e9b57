package org.cupule.machine.device;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.cupule.device.HotPlugController;
import org.cupule.machine.device.DeviceEvent.State;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The slots of a machine's PCI bus: its hot-plug controllers, and the devices that their guest was asked to let go of.
 * Each step of a device is told, in a slot or not: {@link DeviceEvent}.
 *
 * <pre>
 *  running --ask--> leaving --the guest ejects it, or is reset--> gone
 *                      |--time-out--> "running: ..." --the guest ejects it after all--> gone
 *                      '--the guest refuses--> "running: ..."
 * </pre>
 *
 * @threading any thread; never called from inside a gate
 */
final class Slots {
    static final String LEAVING = "leaving: the guest was asked to let go of it";
    private static final Logger LOG = LoggerFactory.getLogger(Slots.class);
    private static final String WHAT = "hot-plug";
    private static final String REFUSED = "running: the guest does not let go of it: ";
    private static final String LATE = "late";
    private static final int DONE = 0;
    private static final int IN_PROGRESS = 0x84;

    private final Oversight oversight;
    /**
     * Each ends with nothing when the device is gone, with the reason when the guest refuses, or with {@link #LATE}.
     */
    private final Map<HostedDevice, CompletableFuture<String>> waited = new ConcurrentHashMap<>();
    private volatile List<HostedDevice> devices = List.of();

    Slots(Oversight oversight) {
        this.oversight = oversight;
    }

    /** Says which devices there are: a list that changes with them. */
    void watch(List<HostedDevice> all) {
        devices = all;
    }

    /** {@return the number of the device's slot; 0 where it sits in none} */
    static int of(HostedDevice device) {
        SwitchedFunction function = device.around().switched();
        return function == null ? 0 : function.address().device();
    }

    /** A device was put in. */
    void inserted(HostedDevice device) {
        told(device, State.INSERTED, "it is there"); // before a guest can let go of it
        tell(device, controller -> controller.inserted(of(device)));
    }

    /** A device was there when its machine was saved: the guest knows it. */
    void restored(HostedDevice device) {
        told(device, State.INSERTED, "it came back with a saved machine");
    }

    /** It is hidden by a fault. */
    void hidden(HostedDevice device) {
        told(device, State.PULLED, "a fault has pulled it out");
        changed(device);
    }

    /** It was pulled out. */
    void changed(HostedDevice device) {
        tell(device, controller -> controller.removed(of(device)));
    }

    private void told(HostedDevice device, State state, String detail) {
        var event = new DeviceEvent(device.around().target(), device.standing().model.id(), state, detail, Instant
                .now());
        DeviceFlightEvent.record(event);
        LOG.debug("{} ({}): {}: {}", event.target(), event.model(), state, detail);
        oversight.changed(event);
    }

    private void tell(HostedDevice device, Consumer<HotPlugController> action) {
        if (of(device) != 0) {
            devices.stream().filter(one -> one != device)
                    .forEach(one -> one.tell(HotPlugController.class, action, WHAT));
        }
    }

    /** Somebody waits, or has waited, for the guest to let go of it, and it has not refused. */
    static boolean leaving(HostedDevice device) {
        String leaving = device.standing().leaving;
        return !leaving.isEmpty() && !leaving.startsWith(REFUSED);
    }

    /**
     * Asks the guest to let go of a device, and waits until it is gone.
     *
     * @return false when no guest listens: nothing was done
     * @throws HsmException
     *             EALREADY when the guest was asked already, and somebody waits; ETIMEDOUT when it has not let go;
     *             EBUSY when it has refused to
     */
    boolean leave(HostedDevice device, Duration patience) {
        var gone = new CompletableFuture<String>();
        if (waited.putIfAbsent(device, gone) != null) {
            throw new HsmException(Errno.EALREADY, "unplug",
                    "the guest was asked to let go of '%s' already: wait for it, or take it away by force"
                            .formatted(device.name()));
        }
        try {
            return ask(device) && await(device, gone, patience);
        } finally {
            waited.remove(device);
        }
    }

    private boolean ask(HostedDevice device) {
        var heard = new AtomicBoolean();
        device.standing().leaving = LEAVING; // before the guest can answer
        tell(device, controller -> {
            if (controller.requestRemoval(of(device)) && heard.compareAndSet(false, true)) {
                requested(device); // inside the controller: before the guest can look there
            }
        });
        if (!heard.get()) {
            device.standing().leaving = "";
        }
        return heard.get();
    }

    private void requested(HostedDevice device) {
        LOG.info("{}: requested: the guest is to let go of it", device.around().target());
        told(device, State.REQUESTED, "the guest was asked to let go of it");
    }

    private boolean await(HostedDevice device, CompletableFuture<String> gone, Duration patience) {
        try {
            return ended(device, gone.get(patience.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            if (!late(device, gone, patience)) {
                return ended(device, gone.join());
            }
            throw new HsmException(Errno.ETIMEDOUT, "unplug", "%s: the guest has not let go of it within %d ms; %s"
                    .formatted(device.around().target(), patience.toMillis(),
                            "it goes when the guest does, or take it away by force"),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HsmException(Errno.EINTR, "unplug", device.around().target() + ": nobody waits any more", e);
        } catch (ExecutionException e) {
            throw new HsmException(Errno.EIO, "unplug", e.getCause().getMessage(), e);
        }
    }

    /** {@return whether it is too late: not where the guest has answered in the meantime} */
    private boolean late(HostedDevice device, CompletableFuture<String> gone, Duration patience) {
        synchronized (gone) { // against a refusal: one of both is the last word
            if (!gone.complete(LATE)) {
                return false;
            }
            device.standing().leaving = "running: the guest was asked to let go of it, and has not";
            told(device, State.TIMED_OUT, "the guest has not let go of it within %d ms".formatted(patience.toMillis()));
            return true;
        }
    }

    private static boolean ended(HostedDevice device, String refusal) {
        if (!refusal.isEmpty()) {
            throw new HsmException(Errno.EBUSY, "unplug",
                    "%s: the guest does not let go of it: %s; ask again, or take it away by force"
                            .formatted(device.around().target(), refusal));
        }
        return true;
    }

    /** The guest has let go of it, or was reset: it is about to be taken away. */
    void ejecting(HostedDevice device, String reason) {
        told(device, State.EJECTING, reason);
    }

    /** It is about to be taken away without asking. */
    void pulling(HostedDevice device) {
        told(device, State.PULLED, "it is taken away without asking a guest");
    }

    /** The guest has let go of it, and it could not be taken away. */
    void stays(HostedDevice device) {
        LOG.error("{} stays, though its guest has let go of it: a move of it did not end", device.around().target());
        told(device, State.STAYS, "its guest has let go of it, but a move of it did not end");
    }

    /**
     * The guest says how its ejection goes. A refusal ends the request, whether somebody still waits or not; who waits
     * is told.
     */
    void reported(HostedDevice device, int status) {
        if (status == DONE || status == IN_PROGRESS || !leaving(device)) {
            LOG.debug("{}: the guest says of its ejection: 0x{}", device.around().target(), Integer.toHexString(
                    status));
            return;
        }
        CompletableFuture<String> waiting = waited.getOrDefault(device, new CompletableFuture<>());
        synchronized (waiting) {
            refused(device, why(status));
            waiting.complete(why(status)); // last: who waits finds all of it
        }
    }

    private void refused(HostedDevice device, String why) {
        device.standing().leaving = REFUSED + why;
        LOG.info("{}: refused: {}", device.around().target(), why);
        told(device, State.REFUSED, "the guest does not let go of it: " + why);
    }

    /** {@return a status of {@code _OST} in words} */
    private static String why(int status) {
        return switch (status) {
            case 0x01 -> "its ejection has failed";
            case 0x02 -> "it does not know the request";
            case 0x80 -> "it cannot eject it";
            case 0x81 -> "an application uses it";
            case 0x82 -> "it is busy";
            case 0x83 -> "something that depends on it is busy, or cannot be ejected";
            default -> "status 0x%02x".formatted(status);
        };
    }

    /** It is gone, however. */
    void gone(HostedDevice device) {
        boolean asked = leaving(device);
        device.standing().leaving = "";
        if (asked) {
            LOG.info("{}: gone", device.around().target());
        }
        told(device, State.GONE, "nothing of it is left in the machine");
        CompletableFuture<String> waiting = waited.get(device);
        if (waiting != null) {
            waiting.complete("");
        }
    }
}

package org.cupule.machine.device;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * All devices of a machine behind closed gates, with their state taken out.
 *
 * <pre>
 *  caller   begin --------------.            .-- action --.            .--> end
 *  closer   close all gates, save all devices, wait ........, open all gates
 * </pre>
 *
 * The closer is a thread of its own, since a device may never come back from saving: that one is given up then, and the
 * others go on behind new gates.
 *
 * @threading the caller's thread
 */
final class Stillness {
    private final List<HostedDevice> devices;
    private final List<Seat> seats = new ArrayList<>();
    private final Duration patience;
    private final CompletableFuture<List<Parked>> saved = new CompletableFuture<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread closer;
    private volatile int at;
    private volatile boolean saving;

    Stillness(String name, List<HostedDevice> devices, Duration patience) {
        this.devices = devices;
        this.patience = patience;
        devices.forEach(device -> seats.add(device.seat()));
        this.closer = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    /** Closes and saves. @return what is kept of each device, in their order */
    List<Parked> begin() {
        closer.start();
        try {
            return saved.get(patience.multipliedBy(2).toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof HsmException told
                    ? told
                    : new HsmException(Errno.EIO, "save", "a device could not be saved: " + e.getCause(), e);
        } catch (TimeoutException e) {
            giveUp();
            throw new HsmException(Errno.ETIMEDOUT, "save", "the device '%s' has not saved its state within %d ms"
                    .formatted(devices.get(at).name(), 2 * patience.toMillis()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HsmException(Errno.EINTR, "save", "interrupted while the devices came to rest", e);
        }
    }

    private void giveUp() {
        if (!saving || !saved.completeExceptionally(new TimeoutException())) {
            return;
        }
        HostedDevice hanging = devices.get(at);
        for (int i = 0; i < devices.size(); i++) {
            if (devices.get(i) == hanging) {
                hanging.abandon(seats.get(i), "its model did not end saving its state");
            } else {
                devices.get(i).moveToNewSeat(seats.get(i));
            }
        }
    }

    /** Opens the gates; what became due meanwhile is done. */
    void end() {
        ended.countDown();
        if (saved.isCompletedExceptionally()) {
            return; // the closer opens by itself, or never
        }
        try {
            closer.join(patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- on the closer's thread

    private void run() {
        int closed = 0;
        try {
            for (; closed < devices.size(); closed++) {
                at = closed;
                close(devices.get(closed), seats.get(closed));
            }
            saving = true;
            if (saved.complete(save())) {
                ended.await();
            }
        } catch (RuntimeException | Error e) {
            saved.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            for (int i = 0; i < closed; i++) {
                devices.get(i).open(seats.get(i));
            }
        }
    }

    private void close(HostedDevice device, Seat seat) {
        if (!seat.gate.close(patience.toNanos())) {
            throw new HsmException(Errno.ETIMEDOUT, "save", "a call into the device '%s' has not ended within %d ms"
                    .formatted(device.name(), patience.toMillis()));
        }
    }

    private List<Parked> save() {
        var states = new ArrayList<Parked>();
        for (int i = 0; i < devices.size(); i++) {
            at = i;
            states.add(devices.get(i).tenancy().still(seats.get(i)));
        }
        return states;
    }
}

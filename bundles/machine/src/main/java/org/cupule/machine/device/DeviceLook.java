package org.cupule.machine.device;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.cupule.state.ModelState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * A look at the state of a device while the guest runs: its accesses wait meanwhile, as in a swap.
 *
 * @threading {@link #state} on any thread; the device is asked on a thread of its own, so that the caller never hangs
 */
final class DeviceLook {
    private final HostedDevice host;
    private final Duration deadline;
    private final CompletableFuture<ModelState> state = new CompletableFuture<>();

    DeviceLook(HostedDevice host, Duration deadline) {
        this.host = host;
        this.deadline = deadline;
    }

    /**
     * {@return the state in the highest version that the device writes}
     *
     * @throws HsmException
     *             ENODEV when the device is parked or quarantined; ETIMEDOUT when it does not come to rest, or does not
     *             end its save, for which it is quarantined; EIO when it fails in it
     */
    ModelState state() {
        Seat before = host.seat();
        if (!Moves.inTime(host, "look", deadline.multipliedBy(2), this::look)
                && state.completeExceptionally(late("its model did not end saving its state"))) {
            host.abandon(before, "its model did not end saving its state");
        }
        try {
            return state.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof HsmException refused ? refused : e;
        }
    }

    private void look() {
        Seat seat = host.seat();
        if (!seat.gate.close(deadline.toNanos())) {
            state.completeExceptionally(late("a call into it has not ended"));
            return;
        }
        try {
            state.complete(saved(seat.instance));
        } catch (HsmException e) {
            state.completeExceptionally(e);
        } catch (Throwable e) {
            state.completeExceptionally(new HsmException(Errno.EIO, "state",
                    "device '%s' failed to save its state: %s".formatted(host.name(), e), e));
        } finally {
            host.open(seat);
        }
    }

    private ModelState saved(@org.jspecify.annotations.Nullable Instance present) {
        if (present == null) {
            throw new HsmException(Errno.ENODEV, "state", "device '%s' is %s".formatted(host.name(),
                    host.standing().status));
        }
        return present.device().save(present.offer().schema().writes().stream().max(Integer::compare).orElseThrow());
    }

    private HsmException late(String why) {
        return new HsmException(Errno.ETIMEDOUT, "state",
                "device '%s' did not come to rest: %s".formatted(host.name(), why));
    }
}

package org.cupule.machine.device;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.cupule.device.Device;
import org.cupule.device.DeviceSpec;
import org.cupule.device.Mmio;
import org.cupule.device.PortIo;
import org.cupule.pci.BarSpec;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.state.ModelState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes instances, and turns whatever a plug-in does wrong meanwhile into one sentence.
 *
 * @threading any thread; the calling thread is the only one that uses the new instance until it is seated
 */
final class Moves {
    private static final Logger LOG = LoggerFactory.getLogger(Moves.class);

    private Moves() {
    }

    /**
     * Makes an instance whose context is on probation.
     *
     * @throws HsmException
     *             EINVAL as the model says it, EIO when it fails otherwise
     */
    static Instance make(HostedDevice host, DeviceOffer offer) {
        var context = new LiveContext(host, offer.spec());
        try {
            Device device = offer.factory().create(context);
            if (device == null) {
                throw new IllegalStateException("it made no device");
            }
            requireViews(offer, device);
            return Instance.of(offer, device, context);
        } catch (HsmException e) {
            context.revoke();
            throw e;
        } catch (Throwable e) {
            context.revoke();
            throw new HsmException(Errno.EIO, "device",
                    "the model %s could not make device '%s': %s".formatted(offer.text(), host.name(), e), e);
        }
    }

    private static void requireViews(DeviceOffer offer, Device device) {
        DeviceSpec spec = offer.spec();
        List<BarSpec> bars = spec.pci().map(PciFunctionSpec::bars).orElse(List.of());
        boolean ports = spec.windows().stream().anyMatch(DeviceSpec.Window::ports)
                || bars.stream().anyMatch(bar -> bar.kind() == BarSpec.Kind.PORTIO);
        boolean memory = spec.windows().stream().anyMatch(window -> !window.ports())
                || bars.stream().anyMatch(bar -> bar.kind() != BarSpec.Kind.PORTIO);
        if (ports && !(device instanceof PortIo) || memory && !(device instanceof Mmio)) {
            throw new IllegalStateException("its device does not implement " + (ports ? "PortIo" : "Mmio")
                    + ", which its windows need");
        }
    }

    /** {@return the state in each version that the device writes and does not fail in} */
    static TreeMap<Integer, ModelState> saveAll(HostedDevice host, Instance instance) {
        var states = new TreeMap<Integer, ModelState>();
        for (int version : instance.offer().schema().writes()) {
            try {
                states.put(version, Objects.requireNonNull(instance.device().save(version), "it saved nothing"));
            } catch (Throwable e) {
                host.log("save", e);
            }
        }
        return states;
    }

    /**
     * As {@link #make}, for a caller that must not hang.
     *
     * @throws HsmException
     *             as there, and ETIMEDOUT when the model has not made it in time
     */
    static Instance makeInTime(HostedDevice host, DeviceOffer offer) {
        var made = new CompletableFuture<Instance>();
        if (!inTime(host, "make", () -> make(host, offer, made))
                && made.completeExceptionally(new HsmException(Errno.ETIMEDOUT, "device",
                        "the model %s has not made device '%s' within %d ms".formatted(offer.text(), host.name(),
                                host.around().patience().toMillis())))) {
            LOG.error("thread {} is left behind", host.around().threadName("make"));
        }
        try {
            return made.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof HsmException refused ? refused : e;
        }
    }

    private static void make(HostedDevice host, DeviceOffer offer, CompletableFuture<Instance> made) {
        try {
            Instance instance = make(host, offer);
            if (!made.complete(instance)) {
                instance.context().revoke();
                close(host, instance.device());
            }
        } catch (RuntimeException e) {
            made.completeExceptionally(e);
        }
    }

    /** Calls a plug-in on a thread of its own. @return whether it has come back in time */
    static boolean inTime(HostedDevice host, String what, Runnable call) {
        return inTime(host, what, host.around().patience(), call);
    }

    /** As above, with a deadline of the caller's choice. */
    static boolean inTime(HostedDevice host, String what, Duration most, Runnable call) {
        Surroundings around = host.around();
        return Patience.run(around.threadName(what), most, call,
                thread -> around.board().oversight().leftBehind(around.target() + ", " + what, thread));
    }

    /** Calls what a device does when it is let go, and does not care if it fails or hangs. */
    static void close(HostedDevice host, Device device) {
        if (!inTime(host, "close", () -> closeNow(host, device))) {
            LOG.error("device {} ({}) does not end its close; thread {} is left behind", host.name(),
                    host.standing().model.id(), host.around().threadName("close"));
        }
    }

    private static void closeNow(HostedDevice host, Device device) {
        try {
            device.close();
        } catch (Throwable e) {
            host.log("close", e);
        }
    }
}

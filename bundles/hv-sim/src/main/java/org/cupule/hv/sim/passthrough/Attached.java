package org.cupule.hv.sim.passthrough;

import java.util.Objects;
import java.util.function.Function;
import org.cupule.pci.HostDeviceContext;
import org.cupule.pci.HostDeviceModel;
import org.cupule.pci.PciFunction;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * A device of the host in the hands of a guest: its model behind the gate, and what the model reaches.
 *
 * @threading any thread
 */
final class Attached implements HostDeviceContext {
    /** Who hears of the level that the model gives its line. */
    @FunctionalInterface
    interface Line {
        void set(boolean high);
    }

    private final GuestSide guest;
    private final Line line;
    private final boolean onBus;
    private final GatedModel model;
    private volatile @Nullable PciFunction slot;
    private volatile boolean gone;
    private boolean wanted;

    /**
     * Attaches.
     *
     * @param onBus
     *            whether it is a PCI function, which transfers and signals as its configuration space allows
     * @param attach
     *            makes the model
     * @throws HsmException
     *             EIO when the plug-in throws
     */
    Attached(String name, GuestSide guest, boolean onBus, Line line,
            Function<HostDeviceContext, HostDeviceModel> attach) {
        this.guest = guest;
        this.onBus = onBus;
        this.line = line;
        this.model = new GatedModel(name, model(name, attach), guest::callNanos, this::givenUp);
    }

    /** A plug-in may throw anything. */
    private HostDeviceModel model(String name, Function<HostDeviceContext, HostDeviceModel> attach) {
        try {
            return Objects.requireNonNull(attach.apply(this), "no model");
        } catch (RuntimeException | Error failure) {
            throw new HsmException(Errno.EIO, "assign", "the plug-in of %s failed: %s".formatted(name, failure),
                    failure);
        }
    }

    GatedModel model() {
        return model;
    }

    /** It is on the bus now. */
    void plugged(PciFunction bus) {
        slot = bus;
    }

    /** {@return whether the guest or the host has it no more} */
    boolean gone() {
        return gone;
    }

    /** A call does not return: the device floats, and who is inside is left behind. */
    private void givenUp(Thread stuck) {
        gone = true;
        line(false);
        guest.leaveBehind(stuck);
    }

    /** The guest or the host has it no more. */
    void close() {
        gone = true;
        line(false);
        line.set(false);
        model.close();
    }

    @Override
    public void line(boolean high) {
        synchronized (line) {
            wanted = high && !gone;
            look();
        }
    }

    /** The guest's configuration of the function changed, and with it perhaps what its pin shows. */
    void look() {
        PciFunction bus = slot;
        if (bus != null) {
            synchronized (line) { // the last one who looks sees both, the wish and the configuration
                line.set(bus.intx(wanted));
            }
        }
    }

    @Override
    public boolean msi(int vector) {
        PciFunction bus = slot;
        if (bus == null || gone) {
            return false;
        }
        var message = bus.message(vector);
        message.ifPresent(guest::message);
        return message.isPresent();
    }

    @Override
    public boolean read(long gpa, byte[] target, int from, int lengthBytes) {
        return mayTransfer() && guest.read(gpa, target, from, lengthBytes);
    }

    @Override
    public boolean write(long gpa, byte[] source, int from, int lengthBytes) {
        return mayTransfer() && guest.write(gpa, source, from, lengthBytes);
    }

    private boolean mayTransfer() {
        PciFunction bus = slot;
        return !gone && (!onBus || bus != null && bus.busMaster());
    }

    @Override
    public VmClock clock() {
        return guest.clock();
    }

    @Override
    public VmTimer timer(Runnable action) {
        return guest.clock().timer(() -> model().enter(action));
    }
}

package org.cupule.machine.device;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.IntStream;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.machine.gate.DeviceGate;
import org.cupule.pci.BarSpec;
import org.cupule.pci.PciBus;
import org.cupule.pci.PciBusContext;
import org.cupule.pci.PciFunction;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.state.ModelState;
import org.cupule.state.SavedModel;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable;
import org.cupule.types.Bdf;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A machine's PCI bus, and which device sits at which address.
 *
 * <p>
 * Pins go where {@link PciRouting} says; the function's interrupt line register holds the input that the 8259 pair has.
 * Base address registers are given places, with decoding off, as a firmware does.
 *
 * <p>
 * Order of the gates: the bus's, then a device's. A device that sets its pin or sends a message enters the function
 * alone, never the bus's gate.
 *
 * @threading any thread; add, remove, swap and reset: one caller at a time
 */
final class PciHost implements PciBusContext {
    private static final Logger LOG = LoggerFactory.getLogger(PciHost.class);
    /** The bus's name as a target of swaps; no device may have it. */
    static final String NAME = "pci";
    /** Configuration space in memory: 4 KiB a function (PCI Express Base Specification, section 7.2.2). */
    static final IoRange WINDOW = IoRange.mmio(0xE000_0000L, 256 << 20);
    private static final long FLOAT = -1;
    private static final int BAR_REGISTER = 0x10;
    private static final int LINE_REGISTER = 0x3C;
    private static final int DEVICES = 32;
    private static final Bdf[] BUS_ZERO = IntStream.range(0, 256).mapToObj(Bdf::of).toArray(Bdf[]::new);

    private final Board board;
    private final DeviceGate gate = new DeviceGate();
    private final Map<Bdf, Slot> slots = new ConcurrentSkipListMap<>();
    private final Map<Bdf, HostedDevice> devices = new ConcurrentHashMap<>();
    private final BarPlaces places = new BarPlaces();
    private volatile PciOffer offer;
    private volatile PciBus bus;
    private volatile @Nullable ModelState parked;

    private record Slot(SwitchedFunction function, PciFunctionSpec spec) {
    }

    PciHost(Board board, PciOffer offer) {
        this.board = board;
        this.offer = offer;
        this.bus = make(offer);
    }

    private PciBus make(PciOffer model) {
        try {
            return model.factory().create(this);
        } catch (RuntimeException | Error e) {
            throw new HsmException(Errno.EIO, "pci", "the model %s could not make a bus: %s".formatted(
                    model.info().id(), e), e);
        }
    }

    // ------------------------------------------------------------------ the access path

    /** Answers a configuration request. */
    long config(IoAccess access) {
        return config(access.bdf(), access.register(), access.size(), access.write(), (int) access.value());
    }

    /**
     * Answers an access to {@link #WINDOW}, which names a register by its address. What goes over the end of a register
     * reaches none, but for both registers of 8 aligned bytes.
     *
     * <pre>
     *  27     20 19    15 14    12 11                0
     *  |  bus   | device | function |     register     |
     * </pre>
     */
    long memory(IoAccess access) {
        int offset = (int) (access.address() - WINDOW.first());
        int packed = offset >>> 12 & 0xFFFF;
        int register = offset & 0xFFF;
        if (access.size() != 8) {
            return config(packed, register, access.size(), access.write(), (int) access.value());
        }
        if ((register & 7) != 0) {
            return FLOAT;
        }
        long low = config(packed, register, 4, access.write(), (int) access.value());
        long high = config(packed, register + 4, 4, access.write(), (int) (access.value() >>> 32));
        return low & 0xFFFF_FFFFL | high << 32;
    }

    private long config(int packed, int register, int size, boolean write, int value) {
        Bdf address = packed < BUS_ZERO.length ? BUS_ZERO[packed] : Bdf.of(packed);
        HostedDevice device = devices.get(address);
        if (device != null && device.faultSide().gone()) {
            return FLOAT;
        }
        gate.enter();
        try {
            if (!write) {
                return bus.read(address, register, size);
            }
            bus.write(address, register, size, value);
            return 0;
        } catch (RuntimeException | Error e) {
            LOG.warn("the PCI bus failed in an access to {} register 0x{}; the guest got all ones", address,
                    Integer.toHexString(register), e);
            return FLOAT;
        } finally {
            gate.leave();
        }
    }

    @Override
    public void mapped(Bdf address, int bar, IoRange range) {
        remap(address);
    }

    @Override
    public void unmapped(Bdf address, int bar, IoRange range) {
        remap(address);
    }

    private void remap(Bdf address) {
        HostedDevice device = devices.get(address);
        if (device != null) {
            device.place(windows(slots.get(address)));
        }
    }

    private static List<Windows.Placed> windows(Slot slot) {
        return slot.spec.bars().stream().flatMap(bar -> slot.function.range(bar.index()).stream()
                .map(range -> new Windows.Placed(bar.index(), "bar" + bar.index(), range))).toList();
    }

    @Override
    public void intx(Bdf address, int pin, boolean high) {
        HostedDevice device = devices.get(address);
        if (device != null) {
            device.settleLines();
        }
    }

    @Override
    public void message(Bdf address, Msi message) {
        try {
            board.vm().interrupts().msi(message);
        } catch (HsmException e) {
            LOG.debug("{} of {}: {}", message, address, e.getMessage());
        }
    }

    @Override
    public int readCapability(Bdf address, int capability, int offset, int size) {
        HostedDevice device = devices.get(address);
        int none = size == 4 ? -1 : (1 << 8 * size) - 1;
        return device == null ? none : device.readCapability(capability, offset, size) & none;
    }

    @Override
    public void writeCapability(Bdf address, int capability, int offset, int size, int value) {
        HostedDevice device = devices.get(address);
        if (device != null) {
            device.writeCapability(capability, offset, size, value);
        }
    }

    // ------------------------------------------------------------------ functions come and go

    /** {@return the function of a new device, at its address or the next free one} */
    SwitchedFunction add(String wanted, PciFunctionSpec spec) {
        Bdf address = wanted.isEmpty() ? free() : Bdf.parse(wanted);
        if (address.bus() != 0) {
            throw new HsmException(Errno.EINVAL, "pci", "%s: the machine has bus 00 only".formatted(address));
        }
        var function = new SwitchedFunction(bus.add(address, spec));
        slots.put(address, new Slot(function, spec));
        powerOn(address, spec);
        return function;
    }

    private Bdf free() {
        return IntStream.range(1, DEVICES).mapToObj(device -> new Bdf(0, device, 0))
                .filter(address -> !slots.containsKey(address)).findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENOSPC, "pci", "all 31 places of bus 00 are taken"));
    }

    /** What a firmware does after power-on. */
    private void powerOn(Bdf address, PciFunctionSpec spec) {
        places.release(address);
        for (BarSpec bar : spec.bars()) {
            long place = places.choose(address, bar);
            int register = BAR_REGISTER + 4 * bar.index();
            bus.write(address, register, 4, (int) place);
            if (bar.kind().wide()) {
                bus.write(address, register + 4, 4, (int) (place >>> 32));
            }
        }
        if (spec.intxPin() != 0) {
            bus.write(address, LINE_REGISTER, 1, PciRouting.legacy(address, spec.intxPin()));
        }
    }

    /** From now on the device hears of its function. */
    void attach(SwitchedFunction function, HostedDevice device) {
        devices.put(function.address(), device);
    }

    void remove(SwitchedFunction function) {
        Bdf address = function.address();
        bus.remove(address);
        devices.remove(address);
        slots.remove(address);
        places.release(address);
    }

    /** Keeps the window of another device free of base address registers. */
    void reserve(IoRange range) {
        places.reserve(BUS_ZERO[0], range);
    }

    /** Sets all functions to power-on. */
    void reset() {
        bus.reset();
        slots.forEach((address, slot) -> powerOn(address, slot.spec));
    }

    // ------------------------------------------------------------------ swap

    Swappable.Target target() {
        return new Swappable.Target("vm" + board.vm().vmid() + "." + NAME, board.vm().vmid(), offer.info(),
                offer.bundle(),
                parked == null ? "running" : "parked: the plug-in of " + offer.info().id() + " went away");
    }

    PciOffer offer() {
        return offer;
    }

    /** The plug-in of the bus goes away: configuration floats, and the state is kept for who takes over. */
    synchronized void park() {
        if (!gate.close(board.policy().quiesce().toNanos())) {
            LOG.error("{}: its plug-in went away while an access was in it", target().name());
            return;
        }
        try {
            parked = bus.save(offer.schema().writes().stream().max(Integer::compare).orElseThrow());
            slots.values().forEach(slot -> slot.function.switchTo(AbsentBus.freeze(slot.function)));
            bus = new AbsentBus();
            devices.values().forEach(HostedDevice::settleLines);
        } catch (RuntimeException | Error e) {
            LOG.error("{}: its state could not be saved when its plug-in went away", target().name(), e);
        } finally {
            gate.open();
        }
    }

    boolean isParked() {
        return parked != null;
    }

    // ------------------------------------------------------------------ snapshot

    /** {@return the model and its state} */
    synchronized SavedModel saved() {
        String model = offer.info().id();
        ModelState kept = parked;
        if (kept != null) {
            return new SavedModel(model, List.of(kept));
        }
        close("save", board.policy().quiesce());
        try {
            return SavedModel.of(model, bus);
        } catch (RuntimeException | Error e) {
            throw new HsmException(Errno.EIO, "save", "%s: %s failed to save its state: %s".formatted(target().name(),
                    model, e), e);
        } finally {
            gate.open();
        }
    }

    /** Puts a saved state into a bus that has the same functions, and no devices yet. */
    synchronized void restore(SavedModel saved) {
        close("restore", board.policy().quiesce());
        try {
            bus.restore(saved.stateFor(offer.schema()).orElseThrow());
        } catch (RuntimeException | Error e) {
            throw new HsmException(Errno.EINVAL, "restore", "%s did not take the state of the PCI bus: %s".formatted(
                    offer.info().id(), e), e);
        } finally {
            gate.open();
        }
    }

    /** Lets a device answer where the registers of its function say. */
    void place(SwitchedFunction function, HostedDevice device) {
        device.place(windows(slots.get(function.address())));
    }

    private void close(String operation, Duration deadline) {
        if (!gate.close(deadline.toNanos())) {
            throw new HsmException(Errno.ETIMEDOUT, operation, target().name() + " did not come to rest within "
                    + deadline.toMillis() + " ms: a configuration access has not ended");
        }
    }

    /** Moves all functions to a bus of another model; see {@code Swappable.swap}. */
    synchronized SwapReport swap(PciOffer next, Duration deadline) {
        int version = offer.schema().commonVersion(next.schema())
                .orElseThrow(() -> new HsmException(Errno.EINVAL, "swap", refusal(next)));
        PciBus made = make(next);
        long begin = System.nanoTime();
        close("swap", deadline);
        try {
            return move(next, made, version, begin);
        } finally {
            gate.open();
        }
    }

    private String refusal(PciOffer next) {
        return "%s: %s writes '%s' in versions %s, and %s reads versions %s".formatted(target().name(),
                offer.info().id(), offer.schema().kind(), offer.schema().writes(), next.info().id(),
                next.schema().reads());
    }

    /** {@return the sentence with which a swap would be refused; empty when it would be tried} */
    synchronized Optional<String> objection(PciOffer next) {
        return offer.schema().commonVersion(next.schema()).isPresent()
                ? Optional.empty()
                : Optional.of(refusal(next));
    }

    private SwapReport move(PciOffer next, PciBus made, int version, long begin) {
        Map<Bdf, PciFunction> functions = new ConcurrentHashMap<>();
        ModelState state;
        try {
            slots.forEach((address, slot) -> functions.put(address, made.add(address, slot.spec)));
            ModelState kept = parked;
            state = kept != null ? kept : bus.save(version);
            made.restore(state);
        } catch (RuntimeException | Error e) {
            throw new HsmException(Errno.EIO, "swap",
                    "%s: the move to %s failed: %s; %s goes on".formatted(target().name(), next.info().id(), e,
                            offer.info().id()),
                    e);
        }
        var from = offer.info();
        slots.forEach((address, slot) -> slot.function.switchTo(functions.get(address)));
        bus = made;
        offer = next;
        parked = null;
        // A device may have moved its pin between save and switch.
        devices.values().forEach(HostedDevice::settleLines);
        return new SwapReport(target().name(), from, next.info(), state.kind(), version, state.fields().size(),
                System.nanoTime() - begin, gate.arrivals());
    }
}

package org.cupule.machine.device;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.cupule.abi.IoRequestPage;
import org.cupule.device.DeviceFactory;
import org.cupule.fault.FaultInjector.Fault;
import org.cupule.fault.FaultKind;
import org.cupule.fault.FaultSpec;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.machine.Machine.DeviceInfo;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.stream.Backing;
import org.cupule.pci.PciBusFactory;
import org.cupule.state.SavedModel;
import org.cupule.state.ModelState;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The devices of one machine.
 *
 * @threading any thread; plug and unplug: one caller at a time
 */
public final class Devices {
    /** The PCI bus's name as a target of swaps. */
    public static final String BUS = PciHost.NAME;
    private static final Logger LOG = LoggerFactory.getLogger(Devices.class);
    private static final long LOOK_AGAIN_NANOS = 200_000;

    private final Board board;
    private final List<HostedDevice> devices = new CopyOnWriteArrayList<>();
    /** By name; what was asked for. */
    private final Map<String, DeviceDescription> descriptions = new ConcurrentHashMap<>();
    /** By name; those that do not sit on the PCI bus. */
    private final Map<String, Part> parts = new ConcurrentHashMap<>();
    private final UnclaimedAccesses unclaimed;
    private volatile @Nullable PciHost pci;

    /** Makes an empty set of devices. */
    public Devices(Board board) {
        this.board = board;
        this.unclaimed = new UnclaimedAccesses(board.vm());
        board.slots().watch(devices);
    }

    /** Gives the machine a PCI bus. Before any device. */
    public void addBus(PciOffer offer) {
        pci = new PciHost(board, offer);
    }

    /** {@return what the default client answers: PCI configuration, and all ones for what nobody claims} */
    public long unclaimed(IoAccess access) {
        PciHost host = pci;
        if (access.type() == IoRequestPage.PCICFG) {
            return host == null ? -1 : host.config(access);
        }
        boolean configuration = host != null && access.type() == IoRequestPage.MMIO
                && PciHost.WINDOW.contains(access.address(), access.size());
        return configuration ? host.memory(access) : unclaimed.answer(access);
    }

    /** Adds a device, whose description was checked. The backing is its own from now on. */
    public synchronized void plug(DeviceDescription description, DeviceOffer offer, Backing backing) {
        if (description.name().equals(PciHost.NAME)
                || devices.stream().anyMatch(device -> device.name().equals(description.name()))) {
            throw new HsmException(Errno.EEXIST, "plug", "there is a device '" + description.name()
                    + "' already; choose another name");
        }
        Placement placement = Placement.of(description, offer.spec());
        SwitchedFunction function = offer.spec().pci().map(spec -> requireBus().add(description.pci(), spec))
                .orElse(null);
        var device = new HostedDevice(board, placement, placement.options(), backing, drivers(placement, function),
                function, offer);
        try {
            device.tenancy().install(Moves.makeInTime(device, offer), placement.windows());
        } catch (RuntimeException e) {
            device.tenancy().unplug();
            forget(device);
            throw e;
        }
        if (function != null) {
            requireBus().attach(function, device);
        } else if (pci != null) {
            placement.windows().forEach(window -> requireBus().reserve(window.range()));
        }
        devices.add(device);
        describe(description, offer);
        board.slots().inserted(device);
    }

    private void describe(DeviceDescription description, DeviceOffer offer) {
        descriptions.put(description.name(), description);
        if (offer.spec().pci().isEmpty()) {
            parts.put(description.name(), Part.of(description, offer.spec()));
        }
    }

    /** {@return the devices that do not sit on the PCI bus, in the order in which they came} */
    public List<Part> parts() {
        return devices.stream().map(device -> parts.get(device.name())).filter(Objects::nonNull).toList();
    }

    /** {@return where PCI configuration space lies in memory; nowhere where a device has taken the place} */
    public Optional<IoRange> ecam() {
        boolean free = hasBus() && parts().stream().flatMap(part -> part.windows().stream())
                .noneMatch(PciHost.WINDOW::overlaps);
        return free ? Optional.of(PciHost.WINDOW) : Optional.empty();
    }

    /** {@return whether the machine has a PCI bus} */
    public boolean hasBus() {
        return pci != null;
    }

    private PciHost requireBus() {
        PciHost host = pci;
        if (host == null) {
            throw new HsmException(Errno.ENODEV, "plug", "no plug-in offers a PCI bus; plug one in (hw-pci)");
        }
        return host;
    }

    private LineDriver[] drivers(Placement placement, @Nullable SwitchedFunction function) {
        var drivers = new ArrayList<LineDriver>();
        if (function != null && function.spec().intxPin() != 0) {
            drivers.add(LineDriver.of(board.lines(), function));
        }
        placement.gsis().forEach(gsi -> drivers.add(LineDriver.of(board.lines(), gsi)));
        return drivers.toArray(LineDriver[]::new);
    }

    private void forget(HostedDevice device) {
        SwitchedFunction function = device.around().switched();
        if (function != null) {
            requireBus().remove(function);
        }
    }

    // ------------------------------------------------------------------ snapshot

    /** {@return what keeps the devices from being saved, one sentence each} */
    public List<String> saveObstacles() {
        return devices.stream().map(device -> device.tenancy().saveObstacle()).filter(Objects::nonNull).toList();
    }

    /**
     * Does something while no call is in any device, and none can come.
     *
     * @param action
     *            gets the state of each device and of the PCI bus, if there is one
     */
    public synchronized void whileStill(BiConsumer<List<SavedDevice>, Optional<SavedModel>> action) {
        List<HostedDevice> all = List.copyOf(devices);
        var still = new Stillness("vm%d-snapshot".formatted(board.vm().vmid()), all, board.policy().quiesce());
        try {
            List<Parked> states = still.begin();
            action.accept(IntStream.range(0, all.size()).mapToObj(i -> saved(all.get(i), states.get(i))).toList(),
                    Optional.ofNullable(pci).map(PciHost::saved));
        } finally {
            still.end();
        }
    }

    private SavedDevice saved(HostedDevice device, Parked state) {
        DeviceDescription said = Objects.requireNonNull(descriptions.get(device.name()));
        SwitchedFunction function = device.around().switched();
        return new SavedDevice(
                new DeviceDescription(said.type(), said.name(), device.standing().model.id(), said.windows(),
                        said.lines(), function == null ? "" : function.address().toString(), said.options(),
                        said.backend()),
                state);
    }

    /** Makes the PCI bus, and all devices, of what was saved, in a machine that has none. */
    public synchronized void restore(List<SavedDevice> saved, Optional<SavedModel> bus, Catalogue catalogue,
            List<PciOffer> buses, BiFunction<DeviceDescription, DeviceOffer, Backing> backings) {
        bus.ifPresent(state -> addBus(RestoredModels.bus(state, buses)));
        List<DeviceOffer> offers = saved.stream().map(device -> RestoredModels.device(device, catalogue)).toList();
        List<Optional<SwitchedFunction>> functions = IntStream.range(0, saved.size())
                .mapToObj(i -> function(saved.get(i).description(), offers.get(i))).toList();
        bus.ifPresent(state -> requireBus().restore(state));
        for (int i = 0; i < saved.size(); i++) {
            restore(saved.get(i), offers.get(i), functions.get(i).orElse(null), backings);
        }
    }

    private Optional<SwitchedFunction> function(DeviceDescription description, DeviceOffer offer) {
        return offer.spec().pci().map(spec -> requireBus().add(description.pci(), spec));
    }

    private void restore(SavedDevice saved, DeviceOffer offer, @Nullable SwitchedFunction function,
            BiFunction<DeviceDescription, DeviceOffer, Backing> backings) {
        DeviceDescription description = saved.description();
        Placement placement = Placement.of(description, offer.spec());
        var device = new HostedDevice(board, placement, placement.options(), backings.apply(description, offer),
                drivers(placement, function), function, offer);
        devices.add(device);
        describe(description, offer);
        device.tenancy().expect(saved.parked());
        try {
            new DeviceSwap(device, target(device), offer, board.policy().quiesce()).run();
        } catch (HsmException e) {
            throw new HsmException(e.errno() == Errno.ETIMEDOUT ? Errno.ETIMEDOUT : Errno.EINVAL, "restore",
                    "the device '%s' cannot be restored: %s".formatted(description.name(), e.getMessage()), e);
        }
        if (function != null) {
            requireBus().attach(function, device);
            requireBus().place(function, device);
        } else {
            device.place(placement.windows());
            if (pci != null) {
                placement.windows().forEach(window -> requireBus().reserve(window.range()));
            }
        }
        device.work().inputArrived();
        board.slots().restored(device);
    }

    /** Takes a device away at once. ENOENT when there is none, EBUSY while it is being moved. */
    public void unplug(String name) {
        HostedDevice device = find(name);
        takeAway(device);
        board.slots().changed(device);
    }

    /**
     * Takes a device away when the guest has let go of it; at once where no guest is to be asked. See
     * {@code Machine.unplug}.
     */
    public void unplug(String name, Duration patience) {
        HostedDevice device = find(name);
        if (!board.slots().leave(device, patience)) {
            unplug(name);
        }
    }

    /**
     * The guest has let go of what is in these slots: it is taken away.
     *
     * @param slots
     *            bit n for device n
     */
    public void ejected(int slots) {
        devices.stream().filter(device -> (slots & 1 << Slots.of(device) & ~1) != 0)
                .forEach(device -> takeAwayInTime(device, "the guest has let go of it"));
    }

    /**
     * The guest says how the ejection of what is in a slot goes.
     *
     * @param status
     *            as {@code _OST} has it: {@link org.cupule.device.MachineControl#ejection}
     */
    public void ejection(int slot, int status) {
        devices.stream().filter(device -> slot != 0 && Slots.of(device) == slot)
                .forEach(device -> board.slots().reported(device, status));
    }

    /** A move that is going on ends first. */
    private void takeAwayInTime(HostedDevice device, String reason) {
        board.slots().ejecting(device, reason);
        long deadline = System.nanoTime() + board.policy().quiesce().toNanos();
        while (!device.beginMove()) {
            if (System.nanoTime() - deadline > 0) {
                board.slots().stays(device);
                return;
            }
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
        try {
            dismantle(device);
        } finally {
            device.endMove();
        }
    }

    private void takeAway(HostedDevice device) {
        exclusively(device, "unplug", () -> {
            board.slots().pulling(device);
            dismantle(device);
            return "";
        });
    }

    private void dismantle(HostedDevice device) {
        if (devices.remove(device)) {
            parts.remove(device.name());
            device.tenancy().unplug();
            forget(device);
            board.slots().gone(device);
        }
    }

    /**
     * Puts a fault between a device and this machine.
     *
     * @param place
     *            a device's name; for interrupts also {@code name/line}
     */
    public Fault addFault(int number, String place, FaultSpec spec) {
        int slash = place.indexOf('/');
        HostedDevice device = find(slash < 0 ? place : place.substring(0, slash));
        var fault = new PlacedFault(number, spec, slash < 0 ? -1 : line(device, place.substring(slash + 1), spec));
        boolean interrupt = spec.kind() == FaultKind.SPURIOUS_IRQ || spec.kind() == FaultKind.LOST_IRQ;
        if (interrupt && !device.faultSide().interrupting()) {
            throw new HsmException(Errno.EINVAL, "fault", "the device '%s' has no line and sends no messages"
                    .formatted(device.name()));
        }
        device.faultSide().add(fault);
        return fault.info();
    }

    private static int line(HostedDevice device, String name, FaultSpec spec) {
        if (spec.kind() != FaultKind.SPURIOUS_IRQ && spec.kind() != FaultKind.LOST_IRQ) {
            throw new HsmException(Errno.EINVAL, "fault", "'%s' is of a whole device, not of its line '%s'".formatted(
                    spec.kind().word(), name));
        }
        int index = device.faultSide().lineNames().indexOf(name);
        if (index < 0) {
            throw new HsmException(Errno.ENOENT, "fault", "the device '%s' has no line '%s'; there are: %s".formatted(
                    device.name(), name, String.join(", ", device.faultSide().lineNames())));
        }
        return index;
    }

    /** Takes a fault away. @return whether it was in this machine */
    public boolean removeFault(int number) {
        for (HostedDevice device : devices) {
            Optional<PlacedFault> found = faults(device).filter(fault -> fault.number() == number).findFirst();
            if (found.isPresent()) {
                return device.faultSide().remove(found.get());
            }
        }
        return false;
    }

    private static Stream<PlacedFault> faults(HostedDevice device) {
        Interposer present = device.faultSide().interposer();
        return present == null ? Stream.of() : present.faults().stream();
    }

    /** {@return the faults in place in this machine} */
    public List<Fault> faults() {
        return devices.stream().flatMap(Devices::faults).map(PlacedFault::info).toList();
    }

    private HostedDevice find(String name) {
        return devices.stream().filter(device -> device.name().equals(name)).findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENOENT, "device", "there is no device '%s'; there are: %s"
                        .formatted(name, String.join(", ", devices.stream().map(HostedDevice::name).toList()))));
    }

    private static <T> T exclusively(HostedDevice device, String operation, Supplier<T> action) {
        if (!device.beginMove()) {
            throw new HsmException(Errno.EBUSY, operation,
                    "the device '" + device.name() + "' is just being moved; try again");
        }
        try {
            return action.get();
        } finally {
            device.endMove();
        }
    }

    /** Moves a device to another model; see {@code Swappable.swap}. */
    public SwapReport swap(String name, DeviceOffer offer, Duration deadline) {
        HostedDevice device = find(name);
        return exclusively(device, "swap",
                () -> new DeviceSwap(device, target(device), offer, deadline).run());
    }

    /** {@return the present state of a device; see {@code Machine.deviceState}} */
    public ModelState state(String name) {
        HostedDevice device = find(name);
        return exclusively(device, "state", () -> new DeviceLook(device, board.policy().quiesce()).state());
    }

    /** {@return what stands against moving a device to another model; see {@code Swappable.objection}} */
    public Optional<String> objection(String name, DeviceOffer offer) {
        HostedDevice device = find(name);
        return new DeviceSwap(device, target(device), offer, board.policy().quiesce()).objection();
    }

    private String target(HostedDevice device) {
        return "vm" + board.vm().vmid() + "." + device.name();
    }

    /** {@return the kind of a device, by which its models are looked up} */
    public String kind(String name) {
        return find(name).standing().model.kind();
    }

    /** Moves the PCI bus to another model; see {@code Swappable.swap}. */
    public SwapReport swapBus(PciOffer offer, Duration deadline) {
        return requireBus().swap(offer, deadline);
    }

    /** {@return what stands against moving the PCI bus to another model} */
    public Optional<String> objectionToBus(PciOffer offer) {
        return requireBus().objection(offer);
    }

    /** A plug-in of PCI buses goes away: the bus goes on with another one, or is parked. */
    public void leaveBus(PciBusFactory factory, List<PciOffer> others) {
        PciHost host = pci;
        if (host != null && host.offer().factory() == factory) {
            host.park();
            comeBack(others);
        }
    }

    /** Buses are offered: a parked one comes back. */
    public void comeBack(List<PciOffer> offers) {
        PciHost host = pci;
        if (host != null && host.isParked() && !offers.isEmpty()) {
            try {
                host.swap(offers.getFirst(), board.policy().quiesce());
            } catch (HsmException e) {
                LOG.warn("the PCI bus stays parked: {}", e.getMessage());
            }
        }
    }

    /** {@return the live instances} */
    public List<Swappable.Target> targets() {
        var targets = new ArrayList<Swappable.Target>(deviceTargets());
        PciHost host = pci;
        if (host != null) {
            targets.add(host.target());
        }
        return List.copyOf(targets);
    }

    private List<Swappable.Target> deviceTargets() {
        return devices.stream()
                .map(device -> new Swappable.Target(target(device), board.vm().vmid(), device.standing().model,
                        device.standing().bundle, device.standing().status))
                .toList();
    }

    /** A plug-in goes away: its devices are parked. Returns when none of them uses it any more. */
    public void park(DeviceFactory factory) {
        for (HostedDevice device : devices) {
            if (device.uses(factory)) {
                park(device, factory);
            }
        }
    }

    /** Parks the devices whose plug-in went away before this machine was known. */
    public void parkWithout(Catalogue catalogue) {
        devices.stream().map(HostedDevice::offer).flatMap(Optional::stream)
                .filter(offer -> !catalogue.offers().contains(offer)).map(DeviceOffer::factory).distinct()
                .forEach(this::park);
    }

    /** A plug-in that does not come back from saving a state must not hold up who stops it. */
    private void park(HostedDevice device, DeviceFactory factory) {
        Seat before = device.seat();
        if (!Moves.inTime(device, "park", board.policy().quiesce().multipliedBy(2),
                () -> device.tenancy().park(factory))) {
            device.abandon(before, "its plug-in went away and did not end saving its state");
        }
    }

    /** Models are offered: parked devices that one of them can take over come back, each on a thread of its own. */
    public void comeBack(Catalogue catalogue) {
        devices.stream().filter(device -> device.standing().parked != null)
                .forEach(device -> Thread.ofVirtual().name("return-" + device.name())
                        .start(() -> comeBack(device, catalogue)));
    }

    private void comeBack(HostedDevice device, Catalogue catalogue) {
        if (!device.beginMove()) {
            return;
        }
        try {
            catalogue.offers().stream().filter(offer -> device.standing().couldBe(offer))
                    .forEach(offer -> tryOffer(device, offer));
        } finally {
            device.endMove();
        }
    }

    private void tryOffer(HostedDevice device, DeviceOffer offer) {
        try {
            if (device.standing().parked != null) {
                new DeviceSwap(device, target(device), offer, board.policy().quiesce()).run();
            }
        } catch (HsmException e) {
            LOG.warn("{} stays parked: {}", target(device), e.getMessage());
        }
    }

    /** {@return the devices, in the order in which they came} */
    public List<DeviceInfo> list() {
        return devices.stream().map(HostedDevice::info).toList();
    }

    /** {@return where the windows of the devices lie, by the device's name and a number} */
    public Map<String, IoRange> places() {
        var places = new HashMap<String, IoRange>();
        for (HostedDevice device : devices) {
            for (IoRange range : device.ranges()) {
                places.put(device.name() + "[" + places.size() + "]", range);
            }
        }
        return places;
    }

    /** Sets each device, and the PCI bus, to its power-on state, while the VM is paused. */
    public void reset() {
        PciHost host = pci;
        if (host != null) {
            host.reset();
        }
        devices.forEach(device -> device.tenancy().reset());
        devices.stream().filter(Slots::leaving)
                .forEach(device -> takeAwayInTime(device, "the machine is reset: a guest anew holds nothing"));
    }

    /** Presses the power button. @return whether a device has heard it */
    public boolean pressPowerButton() {
        return devices.stream().filter(HostedDevice::press).count() > 0;
    }

    /** One look of the watchdog: gives up each device in which it has seen the same call so often. */
    void look(int most) {
        devices.forEach(device -> device.supervisor().look(most));
    }

    /** Tells the high lines again, after the hypervisor has reset its interrupt controllers. */
    public void tellLines() {
        board.lines().tellAgain();
    }

    /** Lets go of all of them. */
    public void close() {
        devices.forEach(device -> device.tenancy().unplug());
        devices.forEach(board.slots()::gone);
        devices.clear();
    }
}

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
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.cupule.abi.IoRequestPage;
import org.cupule.device.DeviceFactory;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.machine.Machine.DeviceInfo;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.stream.Backing;
import org.cupule.pci.PciBusFactory;
import org.cupule.state.SavedModel;
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
            device.install(Moves.makeInTime(device, offer), placement.windows());
        } catch (RuntimeException e) {
            device.unplug();
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
        SwitchedFunction function = device.pci();
        if (function != null) {
            requireBus().remove(function);
        }
    }

    // ------------------------------------------------------------------ snapshot

    /** {@return what keeps the devices from being saved, one sentence each} */
    public List<String> saveObstacles() {
        return devices.stream().map(HostedDevice::saveObstacle).filter(Objects::nonNull).toList();
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
        SwitchedFunction function = device.pci();
        return new SavedDevice(new DeviceDescription(said.type(), said.name(), device.model().id(), said.windows(),
                said.lines(), function == null ? "" : function.address().toString(), said.options(), said.backend()),
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
        device.expect(saved.parked());
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
        device.restored();
    }

    /** Takes a device away. ENOENT when there is none, EBUSY while it is being moved. */
    public void unplug(String name) {
        HostedDevice device = find(name);
        exclusively(device, "unplug", () -> {
            devices.remove(device);
            parts.remove(name);
            device.unplug();
            forget(device);
            return "";
        });
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

    private String target(HostedDevice device) {
        return "vm" + board.vm().vmid() + "." + device.name();
    }

    /** {@return the kind of a device, by which its models are looked up} */
    public String kind(String name) {
        return find(name).model().kind();
    }

    /** Moves the PCI bus to another model; see {@code Swappable.swap}. */
    public SwapReport swapBus(PciOffer offer, Duration deadline) {
        return requireBus().swap(offer, deadline);
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
        return devices.stream().map(device -> new Swappable.Target(target(device), board.vm().vmid(), device.model(),
                device.bundle(), device.status())).toList();
    }

    /** A plug-in goes away: its devices are parked. Returns when none of them uses it any more. */
    public void park(DeviceFactory factory) {
        for (HostedDevice device : devices) {
            Instance occupant = device.occupant();
            if (occupant != null && occupant.offer().factory() == factory) {
                park(device, factory);
            }
        }
    }

    /** Parks the devices whose plug-in went away before this machine was known. */
    public void parkWithout(Catalogue catalogue) {
        devices.stream().map(HostedDevice::occupant).filter(Objects::nonNull).map(Instance::offer)
                .filter(offer -> !catalogue.offers().contains(offer)).map(DeviceOffer::factory).distinct()
                .forEach(this::park);
    }

    /** A plug-in that does not come back from saving a state must not hold up who stops it. */
    private void park(HostedDevice device, DeviceFactory factory) {
        Thread parking = Thread.ofVirtual().name("park-" + device.name()).start(() -> device.park(factory));
        try {
            if (!parking.join(board.policy().quiesce().multipliedBy(2))) {
                device.abandon("its plug-in went away and did not end saving its state");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Models are offered: parked devices that one of them can take over come back, each on a thread of its own. */
    public void comeBack(Catalogue catalogue) {
        devices.stream().filter(HostedDevice::isParked)
                .forEach(device -> Thread.ofVirtual().name("return-" + device.name())
                        .start(() -> comeBack(device, catalogue)));
    }

    private void comeBack(HostedDevice device, Catalogue catalogue) {
        if (!device.beginMove()) {
            return;
        }
        try {
            catalogue.offers().stream().filter(offer -> device.isParked() && device.couldBe(offer))
                    .forEach(offer -> tryOffer(device, offer));
        } finally {
            device.endMove();
        }
    }

    private void tryOffer(HostedDevice device, DeviceOffer offer) {
        try {
            if (device.isParked()) {
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
        devices.forEach(HostedDevice::reset);
    }

    /** Presses the power button. @return whether a device has heard it */
    public boolean pressPowerButton() {
        return devices.stream().filter(HostedDevice::press).count() > 0;
    }

    /** One look of the watchdog: gives up each device in which it has seen the same call so often. */
    void look(int most) {
        devices.forEach(device -> device.look(most));
    }

    /** Tells the high lines again, after the hypervisor has reset its interrupt controllers. */
    public void tellLines() {
        board.lines().tellAgain();
    }

    /** Lets go of all of them. */
    public void close() {
        devices.forEach(HostedDevice::unplug);
        devices.clear();
    }
}

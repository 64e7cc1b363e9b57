package org.cupule.machine.device;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.cupule.device.DeviceFactory;
import org.cupule.machine.Machine.DeviceInfo;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.stream.Backing;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The devices of one machine.
 *
 * @threading any thread; plug and unplug: one caller at a time
 */
public final class Devices {
    private static final Logger LOG = LoggerFactory.getLogger(Devices.class);

    private final Board board;
    private final List<HostedDevice> devices = new CopyOnWriteArrayList<>();

    /** Makes an empty set of devices. */
    public Devices(Board board) {
        this.board = board;
    }

    /** Adds a device, whose description was checked. The backing is its own from now on. */
    public void plug(DeviceDescription description, DeviceOffer offer, Backing backing) {
        Placement placement = Placement.of(description, offer.spec());
        LineDriver[] drivers = placement.gsis().stream().map(gsi -> new LineDriver(board.lines(), gsi, null))
                .toArray(LineDriver[]::new);
        var device = new HostedDevice(board, placement, placement.options(), backing, drivers, null, offer);
        try {
            device.install(Moves.make(device, offer), placement.windows());
        } catch (RuntimeException e) {
            device.unplug();
            throw e;
        }
        devices.add(device);
    }

    /** Takes a device away. ENOENT when there is none, EBUSY while it is being moved. */
    public void unplug(String name) {
        HostedDevice device = find(name);
        exclusively(device, "unplug", () -> {
            devices.remove(device);
            device.unplug();
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

    /** {@return the live instances} */
    public List<Swappable.Target> targets() {
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

    /** Sets each device to its power-on state, while the VM is paused. */
    public void reset() {
        devices.forEach(HostedDevice::reset);
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

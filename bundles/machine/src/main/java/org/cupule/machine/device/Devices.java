package org.cupule.machine.device;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.machine.Machine.DeviceInfo;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.stream.Backing;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The devices of one machine.
 *
 * @threading any thread; plug and unplug: one caller at a time
 */
public final class Devices {
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

    /** Takes a device away. ENOENT when there is none. */
    public void unplug(String name) {
        HostedDevice device = find(name);
        devices.remove(device);
        device.unplug();
    }

    private HostedDevice find(String name) {
        return devices.stream().filter(device -> device.name().equals(name)).findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENOENT, "unplug", "there is no device '%s'; there are: %s"
                        .formatted(name, String.join(", ", devices.stream().map(HostedDevice::name).toList()))));
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

package org.cupule.hv.sim.passthrough;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.cupule.hv.sim.passthrough.Places.Place;
import org.cupule.hv.sim.passthrough.Places.Target;
import org.cupule.hypervisor.AssignedDevice;
import org.cupule.hypervisor.MmioAssignment;
import org.cupule.hypervisor.MmioAssignment.Resource;
import org.cupule.pci.HostMmioDevice;
import org.cupule.types.AddressSpace;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;

/**
 * The memory devices of the host that one guest has, resource by resource ({@code hsm.md} 9.2).
 *
 * @threading any thread; resources come and go while the partition stands still
 */
final class MmioDevices {
    private static final long PAGE_MASK = 0xFFF;

    /** A resource that was moved into the guest. */
    private record Moved(Resource resource, HostMmioDevice device, Place place) {
    }

    private final HostBoard board;
    private final GuestSide guest;
    private final Places places;
    private final Map<HostMmioDevice, Attached> attached = new IdentityHashMap<>();
    private final List<Moved> moved = new ArrayList<>();

    MmioDevices(HostBoard board, GuestSide guest, Places places) {
        this.board = board;
        this.guest = guest;
        this.places = places;
    }

    synchronized void assign(MmioAssignment assignment) {
        for (Resource resource : assignment.resources()) {
            if (resource.lengthBytes() != 0) {
                checkAligned("assign", resource);
                assign(resource);
            }
        }
    }

    private void assign(Resource resource) {
        IoRange inHost = range("assign", resource.hpa(), resource.lengthBytes());
        IoRange inGuest = range("assign", resource.gpa(), resource.lengthBytes());
        if (moved.stream().anyMatch(each -> range("assign", each.resource.hpa(), each.resource.lengthBytes())
                .overlaps(inHost))) {
            throw refused("assign", resource, "the host has given it away already");
        }
        HostMmioDevice device = board.claim(inHost, guest.vmid(), this::unplug);
        int region = region(device, inHost);
        Target target = target(attached(device));
        Place place = new Place(inGuest, this, target, region,
                inHost.first() - device.ranges().get(region).first());
        places.add(place);
        moved.add(new Moved(resource, device, place));
    }

    private static int region(HostMmioDevice device, IoRange inHost) {
        int region = 0;
        while (!device.ranges().get(region).contains(inHost.first(), inHost.last() - inHost.first() + 1)) {
            region++;
        }
        return region;
    }

    private Attached attached(HostMmioDevice device) {
        try {
            return attached.computeIfAbsent(device, fresh -> new Attached(fresh.name(), guest, false, high -> {
                // it has no line
            }, fresh::attach));
        } catch (RuntimeException | Error failure) {
            board.release(device, guest.vmid());
            throw failure;
        }
    }

    private static Target target(Attached device) {
        return new Target() {
            @Override
            public long read(int region, long offset, int size) {
                return device.model().read(region, offset, size);
            }

            @Override
            public void write(int region, long offset, int size, long value) {
                device.model().write(region, offset, size, value);
            }
        };
    }

    synchronized void deassign(MmioAssignment assignment) {
        for (Resource resource : assignment.resources()) {
            if (resource.lengthBytes() != 0) {
                checkAligned("deassign", resource);
                deassign(resource);
            }
        }
    }

    private void deassign(Resource resource) {
        Moved found = moved.stream().filter(each -> same(each.resource, resource)).findFirst()
                .orElseThrow(() -> refused("deassign", resource, "it is not assigned so"));
        moved.remove(found);
        places.remove(place -> place == found.place);
        if (moved.stream().noneMatch(each -> each.device == found.device)) {
            letGo(found.device);
        }
    }

    private static boolean same(Resource one, Resource other) {
        return one.gpa() == other.gpa() && one.hpa() == other.hpa() && one.lengthBytes() == other.lengthBytes();
    }

    private void letGo(HostMmioDevice device) {
        Attached ended = attached.remove(device);
        if (ended != null) {
            ended.close();
        }
        board.release(device, guest.vmid());
    }

    /** The plug-in of a device has gone: its regions float. */
    private void unplug(HostMmioDevice device) {
        Attached left;
        synchronized (this) {
            left = attached.get(device);
        }
        if (left != null) {
            left.close();
        }
    }

    synchronized void reset() {
        attached.values().forEach(each -> each.model().reset());
    }

    synchronized void close() {
        moved.clear();
        places.remove(place -> place.owner() == this);
        List.copyOf(attached.keySet()).forEach(this::letGo);
    }

    synchronized List<AssignedDevice> describe() {
        return moved.stream().map(each -> new AssignedDevice("mmio", each.device.name(), each.place.range().toString(),
                "0x%x".formatted(each.resource.hpa()), "")).toList();
    }

    private static void checkAligned(String operation, Resource resource) {
        if (((resource.gpa() | resource.hpa() | resource.lengthBytes()) & PAGE_MASK) != 0) {
            throw refused(operation, resource, "addresses and lengths are multiples of 4096");
        }
    }

    private static IoRange range(String operation, long first, long lengthBytes) {
        if (lengthBytes < 0 || first < 0 || first + lengthBytes - 1 < first) {
            throw new HsmException(Errno.EINVAL, operation,
                    "0x%x bytes at 0x%x are no range of memory".formatted(lengthBytes, first));
        }
        return new IoRange(AddressSpace.MMIO, first, first + lengthBytes - 1);
    }

    private static HsmException refused(String operation, Resource resource, String sentence) {
        return new HsmException(Errno.EINVAL, operation, "0x%x bytes at 0x%x for the guest's 0x%x: %s"
                .formatted(resource.lengthBytes(), resource.hpa(), resource.gpa(), sentence));
    }
}

package org.cupule.hv.sim.passthrough;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.cupule.hypervisor.HostDevice;
import org.cupule.pci.HostDeviceProvider;
import org.cupule.pci.HostMmioDevice;
import org.cupule.pci.HostPciDevice;
import org.cupule.types.Bdf;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The devices of the host, as plug-ins offer them, and which partition has which.
 *
 * @threading any thread; its own lock, under which only look-ups are made
 */
public final class HostBoard {
    private static final Logger LOG = LoggerFactory.getLogger(HostBoard.class);
    private static final int BRIDGE_CLASS = 0x06;

    /** Who has a device, and how to tell him that it is unplugged. */
    private static final class Claim {
        private int vmid = -1;
        private @Nullable Runnable unplug;

        boolean free() {
            return vmid < 0;
        }

        void take(int owner, Runnable whenUnplugged) {
            vmid = owner;
            unplug = whenUnplugged;
        }

        void giveBack() {
            vmid = -1;
            unplug = null;
        }
    }

    private record PciEntry(HostDeviceProvider provider, HostPciDevice device, Claim claim) {
    }

    private record MmioEntry(HostDeviceProvider provider, HostMmioDevice device, Claim claim) {
    }

    private final Map<Bdf, PciEntry> functions = new TreeMap<>();
    private final List<MmioEntry> memories = new ArrayList<>();

    /** A plug-in offers devices. */
    public void add(HostDeviceProvider provider) {
        List<HostPciDevice> pci = provider.pciDevices();
        List<HostMmioDevice> mmio = provider.mmioDevices();
        synchronized (this) {
            for (HostPciDevice device : pci) {
                if (functions.putIfAbsent(device.address(), new PciEntry(provider, device, new Claim())) != null) {
                    LOG.error("the host has a function at {} already; another one is left out", device.address());
                }
            }
            mmio.forEach(device -> memories.add(new MmioEntry(provider, device, new Claim())));
        }
    }

    /** A plug-in goes away: its devices are unplugged from the guests that have them. */
    public void remove(HostDeviceProvider provider) {
        List<Runnable> unplugs = new ArrayList<>();
        synchronized (this) {
            functions.values().removeIf(entry -> entry.provider == provider && left(entry.claim, unplugs));
            memories.removeIf(entry -> entry.provider == provider && left(entry.claim, unplugs));
        }
        unplugs.forEach(Runnable::run);
    }

    private static boolean left(Claim claim, List<Runnable> unplugs) {
        if (claim.unplug != null) {
            unplugs.add(claim.unplug);
        }
        return true;
    }

    /**
     * Gives a function to a partition.
     *
     * @param unplug
     *            called when the function goes away
     * @throws HsmException
     *             ENODEV when it is not there, not free, or a bridge
     */
    synchronized HostPciDevice claim(Bdf address, int vmid, Runnable unplug) {
        PciEntry entry = functions.get(address);
        if (entry == null) {
            throw missing("the host has no PCI function at " + address + "; it has " + functions.keySet());
        }
        if (!entry.claim.free()) {
            throw missing("the host's function " + address + " is assigned to VM " + entry.claim.vmid);
        }
        if (entry.device.spec().classCode() >>> 16 == BRIDGE_CLASS) {
            throw missing("the host's function " + address + " is a bridge, which stays with the host");
        }
        entry.claim.take(vmid, unplug);
        return entry.device;
    }

    private static HsmException missing(String sentence) {
        return new HsmException(Errno.ENODEV, "assign", sentence);
    }

    /** Takes a function back. */
    synchronized void release(Bdf address, int vmid) {
        PciEntry entry = functions.get(address);
        if (entry != null && entry.claim.vmid == vmid) {
            entry.claim.giveBack();
        }
    }

    /**
     * Gives the memory device that has a range to a partition; one that the partition has already stays its own.
     *
     * @param unplug
     *            called with the device when it goes away
     * @throws HsmException
     *             EINVAL when none has all of the range, or another partition has it
     */
    synchronized HostMmioDevice claim(IoRange range, int vmid, Consumer<HostMmioDevice> unplug) {
        for (MmioEntry entry : memories) {
            if (entry.device.ranges().stream()
                    .anyMatch(each -> each.contains(range.first(), range.last() - range.first() + 1))) {
                if (entry.claim.free()) {
                    entry.claim.take(vmid, () -> unplug.accept(entry.device));
                }
                if (entry.claim.vmid == vmid) {
                    return entry.device;
                }
                throw new HsmException(Errno.EINVAL, "assign",
                        "'%s' is assigned to VM %d".formatted(entry.device.name(), entry.claim.vmid));
            }
        }
        throw new HsmException(Errno.EINVAL, "assign", "the host has no memory device with all of " + range);
    }

    /** Takes a memory device back. */
    synchronized void release(HostMmioDevice device, int vmid) {
        memories.stream().filter(entry -> entry.device == device && entry.claim.vmid == vmid)
                .forEach(entry -> entry.claim.giveBack());
    }

    /** {@return the devices as people see them} */
    public synchronized List<HostDevice> describe() {
        List<HostDevice> devices = new ArrayList<>();
        functions.forEach((address, entry) -> devices.add(new HostDevice("pci",
                "%04x:%04x class %06x".formatted(entry.device.spec().vendor(), entry.device.spec().device(),
                        entry.device.spec().classCode()),
                address.toString(), entry.device.pin(), entry.claim.vmid)));
        memories.forEach(entry -> devices.add(new HostDevice("mmio", entry.device.name(),
                entry.device.ranges().toString(), -1, entry.claim.vmid)));
        return devices;
    }
}

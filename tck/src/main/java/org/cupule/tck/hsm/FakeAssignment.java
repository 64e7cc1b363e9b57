package org.cupule.tck.hsm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.cupule.hypervisor.AssignedDevice;
import org.cupule.hypervisor.DeviceAssignment;
import org.cupule.hypervisor.HostDevice;
import org.cupule.hypervisor.InterruptRemap;
import org.cupule.hypervisor.MmioAssignment;
import org.cupule.hypervisor.MmioAssignment.Resource;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.PciAssignment;
import org.cupule.hypervisor.VirtualDevice;
import org.cupule.pci.HostDeviceProvider;
import org.cupule.types.Bdf;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The rules of {@code hsm.md} 9 and nothing behind them: who has which function, no guest that sees it.
 *
 * @threading any thread
 */
final class FakeAssignment implements DeviceAssignment {
    private static final Set<State> STARTING = Set.of(State.CREATED);
    private static final Set<State> STANDING = Set.of(State.CREATED, State.PAUSED);
    private static final Set<String> KINDS = Set.of("1af4:1110", "9710:9900", "8086:9d14");

    /** What the host has, and who has it; shared by all partitions of a hypervisor. */
    static final class Host {
        private final HostDeviceProvider provider;
        private final Map<Bdf, Integer> owners = new HashMap<>();
        private final Map<Resource, Integer> memory = new HashMap<>();

        Host(HostDeviceProvider provider) {
            this.provider = provider;
        }

        synchronized List<HostDevice> devices() {
            return provider.pciDevices().stream().map(each -> new HostDevice("pci", "fake", each.address().toString(),
                    each.pin(), owners.getOrDefault(each.address(), -1))).toList();
        }
    }

    private final Host host;
    private final FakePartition partition;
    private final Map<Bdf, String> names = new TreeMap<>();
    private final Map<Bdf, Bdf> passed = new HashMap<>();
    private final Map<Bdf, Integer> lines = new HashMap<>();

    FakeAssignment(Host host, FakePartition partition) {
        this.host = host;
        this.partition = partition;
    }

    private static void require(boolean holds, Errno errno, String sentence) {
        if (!holds) {
            throw new HsmException(errno, "fake", sentence);
        }
    }

    private void require(Set<State> states, Errno errno) {
        require(states.contains(partition.state()), errno, "the VM is " + partition.state());
    }

    @Override
    public void assign(PciAssignment device) {
        require(STARTING, Errno.EINVAL);
        synchronized (host) {
            require(host.provider.pciDevices().stream().anyMatch(each -> each.address().equals(device.host())
                    && each.spec().classCode() >>> 16 != 6 && !host.owners.containsKey(each.address())), Errno.ENODEV,
                    "no free function " + device.host());
            require(!names.containsKey(device.guest()), Errno.EEXIST, device.guest() + " is taken");
            host.owners.put(device.host(), partition.vmid());
            names.put(device.guest(), "pci");
            passed.put(device.guest(), device.host());
        }
    }

    @Override
    public void deassign(PciAssignment device) {
        require(STANDING, Errno.EINVAL);
        require(device.host().equals(passed.get(device.guest())), Errno.ENODEV, "it is not there");
        synchronized (host) {
            host.owners.remove(device.host());
        }
        names.remove(device.guest());
        passed.remove(device.guest());
        lines.remove(device.guest());
    }

    @Override
    public void assign(MmioAssignment device) {
        require(STARTING, Errno.EINVAL);
        for (Resource resource : device.resources()) {
            checkAligned(resource);
            boolean known = host.provider.mmioDevices().stream().flatMap(each -> each.ranges().stream())
                    .anyMatch(range -> range.contains(resource.hpa(), resource.lengthBytes()));
            synchronized (host) {
                boolean free = host.memory.keySet().stream()
                        .noneMatch(each -> each.hpa() < resource.hpa() + resource.lengthBytes()
                                && resource.hpa() < each.hpa() + each.lengthBytes());
                require(resource.lengthBytes() == 0 || known && free, Errno.EINVAL, "the host has not that memory");
                if (resource.lengthBytes() != 0) {
                    host.memory.put(resource, partition.vmid());
                }
            }
        }
    }

    @Override
    public void deassign(MmioAssignment device) {
        require(STANDING, Errno.EINVAL);
        for (Resource resource : device.resources()) {
            checkAligned(resource);
            synchronized (host) {
                require(resource.lengthBytes() == 0 || host.memory.remove(resource) != null, Errno.EINVAL,
                        "it is not assigned");
            }
        }
    }

    private static void checkAligned(Resource resource) {
        require(resource.lengthBytes() == 0
                || ((resource.gpa() | resource.hpa() | resource.lengthBytes()) & 0xFFF) == 0, Errno.EINVAL,
                "it is not whole pages");
    }

    private static String kind(VirtualDevice device) {
        String kind = "%04x:%04x".formatted(device.vendor(), device.device());
        require(KINDS.contains(kind), Errno.EINVAL, "there is no virtual device " + kind);
        return kind;
    }

    @Override
    public void create(VirtualDevice device) {
        require(STARTING, Errno.EINVAL);
        String kind = kind(device);
        require(names.putIfAbsent(Bdf.of((int) device.slot()), kind) == null, Errno.EEXIST, "the address is taken");
    }

    @Override
    public void destroy(VirtualDevice device) {
        require(STANDING, Errno.EINVAL);
        require(names.remove(Bdf.of((int) device.slot()), kind(device)), Errno.EINVAL, "it is not there");
    }

    @Override
    public void setInterrupt(InterruptRemap remap) {
        require(STARTING, Errno.EPERM);
        check(remap);
        lines.put(remap.guest(), remap.guestPin());
    }

    @Override
    public void resetInterrupt(InterruptRemap remap) {
        require(STANDING, Errno.EPERM);
        check(remap);
        lines.remove(remap.guest(), remap.guestPin());
    }

    private void check(InterruptRemap remap) {
        require(remap.type() == InterruptRemap.INTX && remap.host().equals(passed.get(remap.guest()))
                && remap.guestPin() >= 0 && remap.guestPin() < (remap.pic() ? 16 : 48) && remap.hostPin() >= 0,
                Errno.EPERM, "no such line: " + remap);
    }

    @Override
    public List<AssignedDevice> devices() {
        List<AssignedDevice> devices = new ArrayList<>();
        names.forEach((address, name) -> devices.add(new AssignedDevice(passed.containsKey(address) ? "pci" : "virtual",
                name, address.toString(), String.valueOf(passed.getOrDefault(address, address)),
                lines.containsKey(address) ? "GSI " + lines.get(address) : "")));
        synchronized (host) {
            host.memory.keySet().stream().filter(resource -> host.memory.get(resource) == partition.vmid())
                    .forEach(resource -> devices
                            .add(new AssignedDevice("mmio", "fake", Long.toHexString(resource.gpa()), "", "")));
        }
        return devices;
    }

    /** The partition has ended. */
    void end() {
        synchronized (host) {
            host.owners.values().removeIf(vmid -> vmid == partition.vmid());
            host.memory.values().removeIf(vmid -> vmid == partition.vmid());
        }
    }
}

package org.cupule.hv.sim.passthrough;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.cupule.hv.sim.passthrough.Places.Place;
import org.cupule.hypervisor.AssignedDevice;
import org.cupule.hypervisor.DeviceAssignment;
import org.cupule.hypervisor.InterruptRemap;
import org.cupule.hypervisor.MmioAssignment;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.PciAssignment;
import org.cupule.hypervisor.VirtualDevice;
import org.cupule.pci.HostPciDevice;
import org.cupule.types.AddressSpace;
import org.cupule.types.Bdf;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * The devices that one partition has from the host and from the hypervisor ({@code hsm.md} 9): who may assign what
 * when, and where the guest's accesses find them.
 *
 * @threading any thread; changes are made while nobody changes the partition's state
 */
public final class AssignedDevices implements DeviceAssignment {
    private static final Set<State> STARTING = Set.of(State.CREATED);
    private static final Set<State> STANDING = Set.of(State.CREATED, State.PAUSED);
    private static final int GSIS = 48;
    private static final int PIC_INPUTS = 16;
    private static final int PIC_TIMER_GSI = 2;
    private static final int HOST_PINS = 256;
    private static final int BARS = 0x10;
    private static final int INTERRUPT_LINE = 0x3C;
    private static final int MEMORY_BAR = 2;
    /**
     * Memory-mapped configuration space: bus, device and function in bits 27:12, the register below ({@code hsm.md}
     * 14.1).
     */
    private static final long MMCFG = 0xE000_0000L;
    private static final long MMCFG_MASK = 0xFFFF_FFFF_F000_0000L;

    private final HostSide host;
    private final GuestSide guest;
    private final Places places = new Places();
    private final Lines lines;
    private final GuestBus bus;
    private final MmioDevices memories;

    /** Begins without devices. */
    public AssignedDevices(HostSide host, GuestSide guest) {
        this.host = host;
        this.guest = guest;
        this.lines = new Lines(guest);
        this.bus = new GuestBus(guest, places);
        this.memories = new MmioDevices(host.board, guest, places);
    }

    // ---- changes

    private void change(String operation, Set<State> allowed, Errno otherwise, Runnable action) {
        guest.change(operation, () -> {
            if (!allowed.contains(guest.state())) {
                throw new HsmException(otherwise, operation,
                        "VM %d is %s, not one of %s".formatted(guest.vmid(), guest.state(), allowed));
            }
            action.run();
        });
    }

    @Override
    public void assign(PciAssignment device) {
        change("assign", STARTING, Errno.EINVAL, () -> {
            Bdf address = device.host();
            HostPciDevice found = host.board.claim(address, guest.vmid(), () -> unplug(address));
            try {
                bus.refuseTaken(device.guest());
                PassedFunction function = new PassedFunction(device.guest(), found, device.interruptPin(),
                        device.quirk(), guest, lines);
                plug(function, device.bars(), device.interruptLine());
            } catch (RuntimeException | Error failure) {
                host.board.release(address, guest.vmid());
                throw failure;
            }
        });
    }

    /** Puts a function on the bus, with its registers as the assignment has them. */
    private void plug(Function function, List<Integer> bars, int interruptLine) {
        try {
            bus.add(function, host.buses());
        } catch (RuntimeException | Error failure) {
            function.close();
            throw failure;
        }
        begin(function, bars, interruptLine);
        function.begin = () -> begin(function, bars, interruptLine);
    }

    private void begin(Function function, List<Integer> bars, int interruptLine) {
        int address = function.guest.packed();
        for (int bar = 0; bar < bars.size(); bar++) {
            bus.write(address, BARS + 4 * bar, 4, bars.get(bar));
        }
        bus.write(address, INTERRUPT_LINE, 1, interruptLine);
    }

    private void unplug(Bdf inHost) {
        bus.functions().stream().filter(function -> function instanceof PassedFunction passed && passed.is(inHost))
                .forEach(function -> ((PassedFunction) function).unplug());
    }

    @Override
    public void deassign(PciAssignment device) {
        change("deassign", STANDING, Errno.EINVAL, () -> {
            PassedFunction function = passed(device.guest(), device.host());
            if (function == null) {
                throw new HsmException(Errno.ENODEV, "deassign", "the host's %s is not assigned at %s in VM %d"
                        .formatted(device.host(), device.guest(), guest.vmid()));
            }
            take(function);
        });
    }

    private @Nullable PassedFunction passed(Bdf inGuest, Bdf inHost) {
        return bus.at(inGuest) instanceof PassedFunction function && function.is(inHost) ? function : null;
    }

    private void take(Function function) {
        bus.remove(function);
        if (function instanceof PassedFunction passed) {
            host.board.release(passed.host(), guest.vmid());
        }
    }

    @Override
    public void assign(MmioAssignment device) {
        change("assign", STARTING, Errno.EINVAL, () -> memories.assign(device));
    }

    @Override
    public void deassign(MmioAssignment device) {
        change("deassign", STANDING, Errno.EINVAL, () -> memories.deassign(device));
    }

    @Override
    public void create(VirtualDevice device) {
        change("create", STARTING, Errno.EINVAL, () -> {
            Bdf address = address("create", device);
            refuseUnknown("create", device);
            bus.refuseTaken(address);
            plug(make(address, device), device.addresses(), 0);
        });
    }

    private static void refuseUnknown(String operation, VirtualDevice device) {
        int id = device.vendor() << 16 | device.device();
        if (id != (Ivshmem.VENDOR << 16 | Ivshmem.DEVICE) && id != (SerialPort.VENDOR << 16 | SerialPort.DEVICE)
                && id != (RootPort.VENDOR << 16 | RootPort.DEVICE)) {
            throw new HsmException(Errno.EINVAL, operation,
                    "there is no virtual device %04x:%04x; there are 1af4:1110, 9710:9900 and 8086:9d14"
                            .formatted(device.vendor(), device.device()));
        }
    }

    private static Bdf address(String operation, VirtualDevice device) {
        if (device.slot() >>> 16 != 0) {
            throw new HsmException(Errno.EINVAL, operation,
                    "slot 0x%x is no bus, device and function".formatted(device.slot()));
        }
        return Bdf.of((int) device.slot());
    }

    private Function make(Bdf address, VirtualDevice device) {
        return switch (device.vendor()) {
            case Ivshmem.VENDOR -> new Ivshmem(address,
                    host.memories.join(device.text(), device.sizes().get(MEMORY_BAR) & 0xFFFF_FFFFL, guest.vmid()),
                    guest, host.memories);
            case SerialPort.VENDOR -> new SerialPort(address, guest);
            default -> new RootPort(address);
        };
    }

    @Override
    public void destroy(VirtualDevice device) {
        change("destroy", STANDING, Errno.EINVAL, () -> {
            refuseUnknown("destroy", device);
            Function function = bus.at(address("destroy", device));
            if (function == null || function instanceof PassedFunction || function.spec.vendor() != device.vendor()
                    || function.spec.device() != device.device()) {
                throw new HsmException(Errno.EINVAL, "destroy", "VM %d has no virtual device %04x:%04x at 0x%x"
                        .formatted(guest.vmid(), device.vendor(), device.device(), device.slot()));
            }
            take(function);
        });
    }

    @Override
    public void setInterrupt(InterruptRemap remap) {
        change("setInterrupt", STARTING, Errno.EPERM, () -> {
            check("setInterrupt", remap);
            lines.set(remap.hostPin(), gsi(remap));
        });
    }

    @Override
    public void resetInterrupt(InterruptRemap remap) {
        change("resetInterrupt", STANDING, Errno.EPERM, () -> {
            check("resetInterrupt", remap);
            lines.reset(gsi(remap));
        });
    }

    private void check(String operation, InterruptRemap remap) {
        int pins = remap.pic() ? PIC_INPUTS : GSIS;
        refuseUnless(remap.type() == InterruptRemap.INTX, operation,
                "type %d is not a line: messages need no help".formatted(remap.type()));
        refuseUnless(passed(remap.guest(), remap.host()) != null, operation, "the host's %s is not assigned at %s"
                .formatted(remap.host(), remap.guest()));
        refuseUnless(remap.guestPin() >= 0 && remap.guestPin() < pins, operation,
                "the guest's pin %d is not below %d".formatted(remap.guestPin(), pins));
        refuseUnless(remap.hostPin() >= 0 && remap.hostPin() < HOST_PINS, operation,
                "the host's pin %d is not below %d".formatted(remap.hostPin(), HOST_PINS));
    }

    private static void refuseUnless(boolean holds, String operation, String sentence) {
        if (!holds) {
            throw new HsmException(Errno.EPERM, operation, sentence);
        }
    }

    /** Input 0 of the 8259 pair is GSI 2 ({@code hsm.md} 10.1); the cascade, input 2, has no line of its own. */
    private static int gsi(InterruptRemap remap) {
        return remap.pic() && remap.guestPin() == 0 ? PIC_TIMER_GSI : remap.guestPin();
    }

    @Override
    public List<AssignedDevice> devices() {
        List<AssignedDevice> devices = new ArrayList<>();
        for (Function function : bus.functions()) {
            Integer gsi = lines.way(function.guest);
            boolean passed = function instanceof PassedFunction;
            devices.add(new AssignedDevice(passed ? "pci" : "virtual",
                    "%04x:%04x".formatted(function.spec.vendor(), function.spec.device()), function.guest.toString(),
                    function instanceof PassedFunction from ? from.host().toString() : "",
                    gsi == null ? "" : "GSI " + gsi));
        }
        devices.addAll(memories.describe());
        return devices;
    }

    // ---- the guest's accesses

    /** {@return whether configuration space at this address (bus, device, function in 16 bits) is answered here} */
    public boolean ownsConfig(int bdf, int register) {
        return bus.owns(bdf, register);
    }

    /** Reads configuration space. */
    public int readConfig(int bdf, int register, int size) {
        return bus.read(bdf, register, size);
    }

    /** Writes configuration space. */
    public void writeConfig(int bdf, int register, int size, int value) {
        bus.write(bdf, register, size, value);
    }

    /** {@return whether an access to a port or to memory is answered here} */
    public boolean owns(AddressSpace space, long address, int size) {
        return !places.isEmpty() && places.find(space, address, size) != null || space == AddressSpace.MMIO
                && isConfig(address) && bus.owns((int) (address >> 12) & 0xFFFF, (int) address & 0xFFF);
    }

    private static boolean isConfig(long address) {
        return (address & MMCFG_MASK) == MMCFG;
    }

    /** Reads a port or memory that is answered here; all ones when it has just gone. */
    public long read(AddressSpace space, long address, int size) {
        Place place = places.find(space, address, size);
        if (place != null) {
            return place.read(address, size);
        }
        return isConfig(address) ? config(address, size) : -1;
    }

    private long config(long address, int size) {
        int bdf = (int) (address >> 12) & 0xFFFF;
        int register = (int) address & 0xFFF;
        if (size < 8) {
            return bus.read(bdf, register, size) & 0xFFFF_FFFFL;
        }
        return bus.read(bdf, register, 4) & 0xFFFF_FFFFL | (long) bus.read(bdf, register + 4, 4) << 32;
    }

    /** Writes a port or memory that is answered here. */
    public void write(AddressSpace space, long address, int size, long value) {
        Place place = places.find(space, address, size);
        if (place != null) {
            place.write(address, size, value);
        } else if (isConfig(address)) {
            int bdf = (int) (address >> 12) & 0xFFFF;
            int register = (int) address & 0xFFF;
            bus.write(bdf, register, Math.min(size, 4), (int) value);
            if (size == 8) {
                bus.write(bdf, register + 4, 4, (int) (value >>> 32));
            }
        }
    }

    /** {@return whether no device is here} */
    public boolean isEmpty() {
        return bus.isEmpty() && places.isEmpty();
    }

    // ---- life

    /** Sets all devices to power-on; assignments and ways of lines stay ({@code hsm.md} 4.8). */
    public void reset() {
        bus.reset();
        bus.functions().forEach(function -> function.begin.run());
        memories.reset();
    }

    /** Gives everything back: the partition ends. */
    public void close() {
        bus.functions().forEach(this::take);
        memories.close();
    }
}

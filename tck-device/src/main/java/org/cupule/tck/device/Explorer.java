package org.cupule.tck.device;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.cupule.device.DeviceSpec.Backend;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.device.PciRegisters;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.pci.PciFunctionSpec.Capability;

/**
 * A guest that does anything: accesses of any size at any offset of the declared windows, input from outside, and time
 * going on in between. The same seed gives the same sequence for every device of the same spec.
 *
 * @threading confined to the test
 */
public final class Explorer {
    private static final int[] SIZES = {1, 2, 4, 8};
    private static final long[] STEPS = {0, 1, 838, 10_000, 1_000_000, 400_000_000, 2_000_000_000L};
    private static final long[] RARE = {0, 1, 2, 3, 4, 8, 0x20, 0x30, 0x36, 0x40, 0x80, 0xAA, 0xFE, 0xFF, 0xFFFF, -1,
            FakeMachine.RAM, FakeMachine.RAM + 0x1000};
    /** Where the registers of most devices are; a power of two. */
    private static final int DENSE = 0x100;

    private final FakeMachine machine;
    private final List<Window> windows;
    private final List<Integer> open;
    private final List<Capability> capabilities;
    private final Backend backend;
    private final Random random;

    /** Makes a guest of this machine. */
    public Explorer(FakeMachine machine, long seed) {
        this.machine = machine;
        this.random = new Random(seed);
        windows = machine.windows();
        open = IntStream.range(0, windows.size()).filter(index -> windows.get(index).length() > 0).boxed().toList();
        capabilities = machine.spec().pci().map(PciFunctionSpec::capabilities).orElse(List.of());
        backend = machine.spec().backend();
    }

    /** Takes so many steps. @return everything that could be seen from outside at their end */
    public String run(int steps) {
        for (int i = 0; i < steps; i++) {
            step();
        }
        return machine.outside();
    }

    private void step() {
        int action = random.nextInt(32);
        int pick = random.nextInt(1 << 16);
        long value = random.nextInt(4) == 0 ? RARE[random.nextInt(RARE.length)] : random.nextLong();
        long place = random.nextLong();
        int size = SIZES[random.nextInt(4)];
        long step = STEPS[random.nextInt(STEPS.length)];
        switch (action) {
            case 0, 1 -> machine.clock().advance(step);
            case 2 -> input(value);
            case 3 -> capability(pick, (int) place, size, (int) value);
            default -> access(pick, action % 2 == 0 ? place : -1 - (place >>> 1), size, action < 18, value);
        }
        machine.settle();
    }

    private void input(long value) {
        switch (backend) {
            case STREAM -> machine.stream().type(Character.toString((char) (value & 0x7F)));
            case NETWORK -> machine.network().bring(new byte[14 + (int) (value & 0x3FF)]);
            case NONE, DISK -> machine.ram().poke(FakeMachine.RAM + (value >>> 8 & 0xFFFF), (byte) value);
        }
    }

    private void capability(int pick, int place, int size, int value) {
        if (capabilities.isEmpty() || !(machine.device() instanceof PciRegisters)) {
            return;
        }
        int index = pick % capabilities.size();
        Capability capability = capabilities.get(index);
        int last = capability.body().length + 2 - 4;
        if (!capability.live() || last < 4) {
            return;
        }
        int width = Math.min(size, 4);
        int offset = (4 + Math.floorMod(place, last - 3)) & -width;
        if (value % 2 == 0) {
            machine.writeCapability(index, Math.max(offset, 4), width, narrow(value, width));
        } else {
            machine.readCapability(index, Math.max(offset, 4), width);
        }
    }

    private static int narrow(long value, int size) {
        return (int) (size == 4 ? value : value & (1L << 8 * size) - 1);
    }

    private void access(int pick, long place, int size, boolean write, long value) {
        if (open.isEmpty()) {
            return;
        }
        int index = open.get(pick % open.size());
        Window window = windows.get(index);
        if (place < 0) { // most registers are words at the beginning
            register(index, window, (int) (place & DENSE - 4), write, value);
            return;
        }
        int width = fitting(window, size);
        long offset = Math.floorMod(place, window.length() - width + 1);
        if (write) {
            write(machine, index, window.ports(), offset, width, value);
        } else {
            read(machine, index, window.ports(), offset, width);
        }
    }

    /** A driver's access: aligned, and what was written is looked at again. */
    private void register(int index, Window window, int place, boolean write, long value) {
        int width = fitting(window, 4);
        long offset = place % window.length() / width * width;
        if (offset > window.length() - width) {
            offset = 0;
        }
        if (write) {
            write(machine, index, window.ports(), offset, width, value);
        }
        read(machine, index, window.ports(), offset, width);
    }

    private static int fitting(Window window, int size) {
        int width = window.ports() ? Math.min(size, 4) : size;
        while (width > window.length()) {
            width /= 2;
        }
        return width;
    }

    /** Writes the low bytes of a value to a window of ports or memory. */
    public static void write(FakeMachine at, int index, boolean ports, long offset, int size, long value) {
        long extended = size == 8 ? value : value & (1L << 8 * size) - 1;
        if (ports) {
            at.out(index, (int) offset, size, (int) extended);
        } else {
            at.write(index, offset, size, extended);
        }
    }

    /** {@return what a window of ports or memory gives} */
    public static long read(FakeMachine at, int index, boolean ports, long offset, int size) {
        return ports ? at.in(index, (int) offset, size) : at.read(index, offset, size);
    }
}

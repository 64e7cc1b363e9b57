package org.cupule.tck.device;

import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.cupule.device.DeviceSpec.Window;

/**
 * A guest that does anything: accesses of any size at any offset, with the time going on in between. The same seed
 * gives the same sequence.
 *
 * @threading confined to the test
 */
final class DeviceProbe {
    private static final int[] SIZES = {1, 2, 4, 8};
    private static final long[] STEPS = {0, 1, 838, 10_000, 1_000_000, 400_000_000, 2_000_000_000L};

    private final FakeMachine machine;
    private final List<Window> windows;
    private final Random random;
    private final CRC32 answers = new CRC32();

    DeviceProbe(FakeMachine machine, long seed) {
        this.machine = machine;
        this.random = new Random(seed);
        windows = machine.windows().stream().filter(window -> window.length() > 0).toList();
    }

    /** {@return everything that could be seen: the answers and the outside} */
    String run(int steps) {
        for (int i = 0; i < steps; i++) {
            step();
        }
        return "answers %08x %s".formatted(answers.getValue(), machine.outside());
    }

    private void step() {
        int action = random.nextInt(16);
        int index = windows.isEmpty() ? -1 : random.nextInt(windows.size());
        long value = random.nextInt(4) == 0 ? RARE[random.nextInt(RARE.length)] : random.nextLong();
        long place = random.nextLong();
        int size = SIZES[random.nextInt(4)];
        long step = STEPS[random.nextInt(STEPS.length)];
        if (action == 0 || index < 0) {
            machine.clock().advance(step);
        } else {
            access(windows.get(index), place, size, action < 8, value);
        }
    }

    private static final long[] RARE = {0, 1, 2, 3, 4, 8, 0x20, 0x30, 0x36, 0x40, 0x80, 0xAA, 0xFE, 0xFF, 0xFFFF, -1,
            FakeMachine.RAM, FakeMachine.RAM + 0x1000};

    private void access(Window window, long place, int size, boolean write, long value) {
        int width = window.ports() ? Math.min(size, 4) : size;
        while (width > window.length()) {
            width /= 2;
        }
        long offset = Math.floorMod(place, window.length() - width + 1);
        perform(machine, machine.windows().indexOf(window), window.ports(), offset, width, write, value);
    }

    private void perform(FakeMachine at, int index, boolean ports, long offset, int size, boolean write, long value) {
        if (write) {
            write(at, index, ports, offset, size, value);
        } else {
            see(read(at, index, ports, offset, size));
        }
    }

    static void write(FakeMachine at, int index, boolean ports, long offset, int size, long value) {
        long extended = size == 8 ? value : value & (1L << 8 * size) - 1;
        if (ports) {
            at.out(index, (int) offset, size, (int) extended);
        } else {
            at.write(index, offset, size, extended);
        }
    }

    static long read(FakeMachine at, int index, boolean ports, long offset, int size) {
        return ports ? at.in(index, (int) offset, size) : at.read(index, offset, size);
    }

    private void see(long value) {
        for (int shift = 0; shift < 64; shift += 8) {
            answers.update((int) (value >>> shift) & 0xFF);
        }
    }
}

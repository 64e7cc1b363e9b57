package org.cupule.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.cupule.host.DeviceFile;
import org.cupule.host.linux.LinuxHost;
import org.cupule.types.Errno;

/** An ioctl that the driver refuses, made from Java: what the binding adds to it is all that differs from C. */
public final class Ioctl {
    private static final int TIOCGWINSZ = 0x5413;
    private static final int WARM_UPS = 4;

    private Ioctl() {
    }

    /**
     * Prints nanoseconds a call of one warm round.
     *
     * @param arguments
     *            calls a round
     */
    public static void main(String[] arguments) {
        int calls = Integer.parseInt(arguments[0]);
        try (DeviceFile device = new LinuxHost().open(Path.of("/dev/null")); Arena arena = Arena.ofConfined()) {
            MemorySegment argument = arena.allocate(8);
            for (int i = 0; i < WARM_UPS; i++) {
                nanos(device, argument, calls);
            }
            System.out.println(nanos(device, argument, calls));
        }
    }

    private static double nanos(DeviceFile device, MemorySegment argument, int calls) {
        int refused = 0;
        long before = System.nanoTime();
        for (int i = 0; i < calls; i++) {
            if (device.ioctl(TIOCGWINSZ, argument) == -Errno.ENOTTY.number()) {
                refused++;
            }
        }
        double nanos = (double) (System.nanoTime() - before) / calls;
        if (refused != calls) {
            throw new IllegalStateException(calls - refused + " calls were not refused");
        }
        return nanos;
    }
}

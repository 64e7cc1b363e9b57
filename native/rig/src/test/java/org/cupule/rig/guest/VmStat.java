package org.cupule.rig.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the kernel counts. */
public final class VmStat {
    private VmStat() {
    }

    /** {@return how many pages are pinned now, by whomever} */
    public static long pinned() {
        return counter("nr_foll_pin_acquired") - counter("nr_foll_pin_released");
    }

    private static long counter(String name) {
        try {
            Files.readString(Path.of("/proc/sys/vm/stat_refresh")); // each processor counts for itself, for a while
            return Files.readAllLines(Path.of("/proc/vmstat")).stream().filter(line -> line.startsWith(name + " "))
                    .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1))).findFirst().orElseThrow();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** {@return how many descriptors this process has open} */
    public static long descriptors() {
        String[] open = Path.of("/proc/self/fd").toFile().list();
        return open == null ? -1 : open.length;
    }
}

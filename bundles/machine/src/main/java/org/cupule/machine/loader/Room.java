package org.cupule.machine.loader;

import java.util.ArrayList;
import java.util.List;
import org.cupule.machine.loader.LoadPlan.Chunk;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The RAM of a machine while an image is laid out in it: what is taken, and where there is room.
 *
 * @threading confined to its maker
 */
final class Room {
    private final MemoryLayout layout;
    private final List<Range> taken = new ArrayList<>();
    private final List<Chunk> chunks = new ArrayList<>();

    Room(MemoryLayout layout) {
        this.layout = layout;
        // The real-mode interrupt table and the BIOS data area stay free of what the platform chooses a place for.
        taken.add(new Range("the BIOS data area", 0, 0x1000));
    }

    /** {@return the end of RAM below 4 GiB} */
    long low() {
        return layout.low();
    }

    List<Chunk> chunks() {
        return chunks;
    }

    /** Puts bytes where an image wants them. */
    void put(String what, long gpa, byte[] bytes, int from, int lengthBytes, long memoryBytes) {
        if (memoryBytes == 0) {
            return;
        }
        if (memoryBytes < 0 || !layout.ram(gpa, memoryBytes)) {
            throw bad("%s at 0x%x (%s bytes) does not lie in the machine's RAM (%d MiB); give it more memory", what,
                    gpa, Long.toUnsignedString(memoryBytes), layout.bytes() >> 20);
        }
        for (Range other : taken) {
            if (gpa < other.end && other.first < gpa + memoryBytes && !other.soft()) {
                throw bad("%s at 0x%x overlaps %s at 0x%x", what, gpa, other.what, other.first);
            }
        }
        taken.add(new Range(what, gpa, gpa + memoryBytes));
        chunks.add(new Chunk(gpa, bytes, from, lengthBytes, memoryBytes));
    }

    void put(String what, long gpa, byte[] bytes) {
        put(what, gpa, bytes, 0, bytes.length, bytes.length);
    }

    /** Keeps a range from being chosen. */
    void reserve(String what, long gpa, long lengthBytes) {
        taken.add(new Range(what, gpa, gpa + lengthBytes));
    }

    /** {@return the lowest free place at or above {@code from}} */
    long above(String what, long from, long lengthBytes, long alignment) {
        long place = align(from, alignment);
        for (Range blocker = blocker(place, lengthBytes); blocker != null; blocker = blocker(place, lengthBytes)) {
            place = align(blocker.end, alignment);
        }
        return checked(what, place, lengthBytes);
    }

    /** {@return the highest free place that ends at or below {@code end}} */
    long below(String what, long end, long lengthBytes, long alignment) {
        long place = end - lengthBytes & -alignment;
        for (Range blocker = blocker(place, lengthBytes); place > 0
                && blocker != null; blocker = blocker(place, lengthBytes)) {
            place = blocker.first - lengthBytes & -alignment;
        }
        return checked(what, place, lengthBytes);
    }

    private long checked(String what, long place, long lengthBytes) {
        if (place <= 0 || !layout.ram(place, lengthBytes)) {
            throw bad("there is no room for %s (%d bytes) in the machine's RAM (%d MiB); give it more memory", what,
                    lengthBytes, layout.bytes() >> 20);
        }
        return place;
    }

    private Range blocker(long place, long lengthBytes) {
        return taken.stream().filter(range -> place < range.end && range.first < place + lengthBytes).findFirst()
                .orElse(null);
    }

    private static long align(long value, long alignment) {
        return value + alignment - 1 & -alignment;
    }

    private static HsmException bad(String sentence, Object... values) {
        return new HsmException(Errno.EINVAL, "image", sentence.formatted(values));
    }

    private record Range(String what, long first, long end) {
        /** An image may claim the BIOS data area for itself. */
        boolean soft() {
            return first == 0;
        }
    }
}

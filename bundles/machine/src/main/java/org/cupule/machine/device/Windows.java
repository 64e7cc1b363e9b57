package org.cupule.machine.device;

import java.util.List;
import org.cupule.abi.IoRequestPage;
import org.cupule.types.AddressSpace;
import org.cupule.types.IoRange;

/**
 * Where the windows of one device lie.
 *
 * @threading immutable
 */
final class Windows {
    static final Windows NONE = new Windows(List.of());

    private final List<Placed> placed;
    private final int[] types;
    private final long[] firsts;
    private final long[] lasts;

    Windows(List<Placed> placed) {
        this.placed = List.copyOf(placed);
        types = placed.stream().mapToInt(Placed::type).toArray();
        firsts = placed.stream().mapToLong(window -> window.range.first()).toArray();
        lasts = placed.stream().mapToLong(window -> window.range.last()).toArray();
    }

    /** {@return the position of the window around the whole access, or -1} */
    int find(int type, long address, int size) {
        for (int i = 0; i < types.length; i++) {
            // Unsigned: an address before the first byte becomes a huge offset.
            if (types[i] == type && Long.compareUnsigned(address - firsts[i], lasts[i] - firsts[i] - (size - 1)) <= 0
                    && lasts[i] - firsts[i] >= size - 1) {
                return i;
            }
        }
        return -1;
    }

    /** {@return the window's first address} */
    long first(int position) {
        return firsts[position];
    }

    /** {@return the window's index in the spec} */
    int index(int position) {
        return placed.get(position).index;
    }

    List<IoRange> ranges() {
        return placed.stream().map(Placed::range).toList();
    }

    /** {@return a range for people} */
    static String text(IoRange range) {
        return "%s 0x%x-0x%x".formatted(range.space() == AddressSpace.PORTIO ? "port" : "memory", range.first(),
                range.last());
    }

    /**
     * One window.
     *
     * @param index
     *            in the device's spec, or of the base address register
     * @param name
     *            for people
     * @param range
     *            where it lies
     * @threading immutable
     */
    record Placed(int index, String name, IoRange range) {
        int type() {
            return range.space() == AddressSpace.PORTIO ? IoRequestPage.PORTIO : IoRequestPage.MMIO;
        }
    }
}

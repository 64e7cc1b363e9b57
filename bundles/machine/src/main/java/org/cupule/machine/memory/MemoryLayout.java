package org.cupule.machine.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The memory map of a machine ({@code hsm.md} 15.1).
 *
 * <pre>
 *  0          A0000      C0000       100000          low          80000000      E0000000     100000000
 *  | RAM      | hole     | RAM       | RAM           | nothing    | PCI memory  | platform   | RAM
 *  | usable   | video    | "ROM"     | usable        |            | windows     | and ROM    | usable
 * </pre>
 *
 * RAM below 4 GiB ends at 2 GiB at the latest; the rest lies from 4 GiB. The legacy video window 0xA0000 to 0xBFFFF is
 * not RAM: reads float, writes are dropped, unless a device claims it. 0xC0000 to 0xFFFFF is RAM that may be written,
 * told to guests as reserved: tables and a firmware's shadow lie there.
 *
 * @param bytes
 *            all of the guest's RAM, the video window counted in; a multiple of 4096
 * @threading immutable
 */
public record MemoryLayout(long bytes) {
    /** The least that a machine has. */
    public static final long LEAST = 1 << 20;
    /** The most that a machine has: what 40 bits of physical address reach, less the gap. */
    public static final long MOST = (1L << 40) - (2L << 30);
    /** The sizes of pages that a host may have. */
    public static final Set<Long> PAGE_SIZES = Set.of((long) Ram.PAGE_BYTES, 2L << 20, 1L << 30);
    /** First byte of the extended BIOS data area, the last KiB below the video window. */
    public static final long BIOS_DATA = 0x9_FC00;
    /** First byte of the legacy video window. */
    public static final long VIDEO = 0xA_0000;
    /** First byte after the legacy video window. */
    public static final long VIDEO_END = 0xC_0000;
    /** First byte of extended memory. */
    public static final long EXTENDED = 0x10_0000;
    /** Where RAM above the gap begins. */
    public static final long HIGH = 1L << 32;
    /** Where RAM below 4 GiB ends at the latest. */
    public static final long MOST_LOW = 2L << 30;

    /** Refuses what cannot be built with EINVAL. */
    public MemoryLayout {
        if (bytes < LEAST || bytes > MOST || (bytes & Ram.PAGE_BYTES - 1) != 0) {
            throw new HsmException(Errno.EINVAL, "memory",
                    "%d bytes of memory: give a multiple of 4096 from 1M to 1022G".formatted(bytes));
        }
    }

    /** {@return the end of RAM below 4 GiB} */
    public long low() {
        return Math.min(bytes, MOST_LOW);
    }

    /** {@return the end of RAM above 4 GiB, or 4 GiB when there is none} */
    public long high() {
        return HIGH + bytes - low();
    }

    /** {@return what guests are told, ascending} */
    public List<MapEntry> map() {
        var map = new ArrayList<MapEntry>();
        map.add(new MapEntry(0, BIOS_DATA, MapEntry.USABLE));
        map.add(new MapEntry(BIOS_DATA, VIDEO - BIOS_DATA, MapEntry.RESERVED));
        map.add(new MapEntry(VIDEO_END, EXTENDED - VIDEO_END, MapEntry.RESERVED));
        add(map, EXTENDED, low());
        map.add(new MapEntry(0xE000_0000L, 0x1000_0000, MapEntry.RESERVED));
        map.add(new MapEntry(0xFEC0_0000L, 0x140_0000, MapEntry.RESERVED));
        add(map, HIGH, high());
        return List.copyOf(map);
    }

    private static void add(List<MapEntry> map, long first, long end) {
        if (end > first) {
            map.add(new MapEntry(first, end - first, MapEntry.USABLE));
        }
    }

    /** {@return whether the range is wholly usable RAM, the reserved RAM below 1 MiB counted in} */
    public boolean ram(long gpa, long lengthBytes) {
        long end = gpa + lengthBytes;
        return gpa >= 0 && lengthBytes >= 0 && end >= gpa && (end <= VIDEO || gpa >= VIDEO_END && end <= low()
                || gpa >= HIGH && end <= high());
    }

    /** {@return whether the range touches RAM} */
    public boolean touches(long first, long last) {
        return overlap(first, last, 0, VIDEO) || overlap(first, last, VIDEO_END, low())
                || overlap(first, last, HIGH, high());
    }

    private static boolean overlap(long first, long last, long from, long end) {
        return Long.compareUnsigned(first, end) < 0 && Long.compareUnsigned(last, from) >= 0;
    }

    /**
     * {@return whether so much memory is made of such pages: all of them whole, and two at least unless they are small}
     */
    public static boolean divides(long pageBytes, long bytes) {
        return bytes % pageBytes == 0 && (pageBytes == Ram.PAGE_BYTES || bytes > pageBytes);
    }

    /** Allocates and maps the RAM, of the host's usual pages. */
    public void build(GuestMemory memory) {
        build(memory, Ram.PAGE_BYTES);
    }

    /**
     * Allocates and maps the RAM.
     *
     * @param pageBytes
     *            one of {@link #PAGE_SIZES}; the first page, which the video window breaks, is of small ones
     */
    public void build(GuestMemory memory, long pageBytes) {
        long broken = pageBytes == Ram.PAGE_BYTES ? low() : Math.min(pageBytes, low());
        // One backing for all low RAM keeps guest and host addresses congruent, so that large pages can be used.
        Ram low = memory.allocate(broken);
        memory.map(0, low, 0, VIDEO, Access.ALL);
        if (broken > VIDEO_END) {
            memory.map(VIDEO_END, low, VIDEO_END, broken - VIDEO_END, Access.ALL);
        }
        add(memory, broken, low(), pageBytes);
        add(memory, HIGH, high(), pageBytes);
    }

    private static void add(GuestMemory memory, long from, long end, long pageBytes) {
        if (end > from) {
            memory.map(from, memory.allocate(end - from, pageBytes), 0, end - from, Access.ALL);
        }
    }
}

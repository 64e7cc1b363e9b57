package org.cupule.machine.loader;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.cupule.types.HsmException;

/**
 * The program segments of an ELF file for x86, of 32 or 64 bits (System V ABI, "ELF Header" and "Program Header").
 *
 * <pre>
 *               32 bits                                     64 bits
 *  header       +24 entry +28 phoff +42 phentsize +44 n     +24 entry:8 +32 phoff:8 +54 phentsize +56 n
 *  segment      +0 type +4 offset +8 vaddr +12 paddr        +0 type +8 offset:8 +16 vaddr:8 +24 paddr:8
 *               +16 filesz +20 memsz +28 align              +32 filesz:8 +40 memsz:8 +48 align:8
 *
 *  a note       +0 length of the name +4 length of the description +8 type; name and description, each to a multiple
 *               of 4 bytes (8 where the segment is aligned so)
 * </pre>
 *
 * @threading immutable
 */
final class ElfFile {
    /** Beyond what an entry of 32 bits reaches. */
    static final long FOUR_GIB = 1L << 32;
    private static final long MAGIC = 0x464C_457FL;
    private static final int CLASS_64 = 2;
    private static final int LITTLE_ENDIAN = 1;
    private static final int MACHINE_386 = 3;
    private static final int MACHINE_X86_64 = 62;
    private static final int EXECUTABLE = 2;
    private static final int LOAD = 1;
    private static final int INTERPRETER = 3;
    private static final int NOTE = 4;
    private static final int NOTE_HEAD_BYTES = 12;
    private static final int MOST_SEGMENTS = 128;

    private final ImageBytes image;
    private final boolean wide;

    ElfFile(ImageBytes image) {
        this.image = image;
        if (!is(image)) {
            throw image.bad("it is no ELF file, and its multiboot header has no address fields");
        }
        wide = image.u8(4) == CLASS_64;
        int machine = image.u16(18);
        if (image.u8(5) != LITTLE_ENDIAN || machine != MACHINE_386 && machine != MACHINE_X86_64) {
            throw image.bad("it is an ELF file for another machine (number %d); x86 is 3 or 62", machine);
        }
    }

    static boolean is(ImageBytes image) {
        return image.has(0, 20) && image.u32(0) == MAGIC;
    }

    /**
     * Puts each loadable segment at its physical address.
     *
     * @param end
     *            the first address beyond which nothing may lie
     */
    void place(Room room, long end) {
        loadable().forEach(segment -> put(segment, room, end));
    }

    /** {@return the physical address of the header's entry} */
    long entry() {
        long entry = wide ? image.u64(24) : image.u32(24);
        return loadable().filter(segment -> segment.holds(entry)).reduce((_, last) -> last)
                .map(segment -> entry - segment.virtual + segment.physical)
                .orElseThrow(() -> image.bad("its entry 0x%x lies in no loadable segment", entry));
    }

    private Stream<Segment> segments() {
        return IntStream.range(0, count()).mapToObj(this::segment);
    }

    private Stream<Segment> loadable() {
        return segments().filter(segment -> segment.type == LOAD);
    }

    private int count() {
        int count = image.u16(wide ? 56 : 44);
        if (count == 0 || count > MOST_SEGMENTS) {
            throw image.bad("its ELF header tells %d program segments; 1 to %d can be", count, MOST_SEGMENTS);
        }
        return count;
    }

    /** {@return whether a physical address lies in a loadable segment} */
    boolean loads(long physical) {
        return loadable().anyMatch(segment -> Long.compareUnsigned(physical, segment.physical) >= 0
                && Long.compareUnsigned(physical - segment.physical, segment.memoryBytes) < 0);
    }

    /** Refuses a program that only an operating system can start. */
    void requireOwnSystem() {
        boolean interpreted = segments().anyMatch(segment -> segment.type == INTERPRETER);
        if (interpreted || image.u16(16) != EXECUTABLE) {
            throw image
                    .bad("it is a part of a program, or a program for an operating system: it has neither a multiboot"
                            + " header nor a PVH note, and is not linked to a place of its own");
        }
    }

    /**
     * {@return the number that the first note of this owner and type holds, in 4 or 8 bytes}
     */
    OptionalLong note(String owner, int type) {
        return segments().filter(segment -> segment.type == NOTE)
                .map(segment -> note(segment, (owner + '\0').getBytes(StandardCharsets.US_ASCII), type))
                .filter(OptionalLong::isPresent).findFirst().orElse(OptionalLong.empty());
    }

    private OptionalLong note(Segment segment, byte[] owner, int type) {
        if (!image.has(segment.offset, segment.fileBytes)) {
            throw truncated(segment);
        }
        int step = segment.alignment == 8 ? 8 : 4;
        long end = segment.offset + segment.fileBytes;
        long at = segment.offset;
        while (end - at >= NOTE_HEAD_BYTES) {
            long nameBytes = image.u32(at);
            long bytes = image.u32(at + 4);
            long description = at + align(NOTE_HEAD_BYTES + nameBytes, step);
            if (image.u32(at + 8) == type && is(owner, at + NOTE_HEAD_BYTES, nameBytes)) {
                return OptionalLong.of(number(description, bytes));
            }
            at = description + align(bytes, step);
        }
        return OptionalLong.empty();
    }

    private boolean is(byte[] owner, long at, long nameBytes) {
        return nameBytes == owner.length && image.has(at, nameBytes)
                && Arrays.equals(owner, 0, owner.length, image.array(), (int) at, (int) at + owner.length);
    }

    private long number(long at, long bytes) {
        if (bytes != 4 && bytes != 8) {
            throw image.bad("its note tells an address in %d bytes; 4 or 8 can be", bytes);
        }
        return bytes == 4 ? image.u32(at) : image.u64(at);
    }

    private static long align(long bytes, int step) {
        return bytes + step - 1 & -step;
    }

    private HsmException truncated(Segment segment) {
        return image.bad("it is truncated: a segment of %s bytes at offset 0x%x is wanted, and it has %d",
                Long.toUnsignedString(segment.fileBytes), segment.offset, image.length());
    }

    private void put(Segment segment, Room room, long end) {
        if (segment.fileBytes < 0 || Long.compareUnsigned(segment.memoryBytes, segment.fileBytes) < 0
                || !image.has(segment.offset, segment.fileBytes)) {
            throw truncated(segment);
        }
        if (Long.compareUnsigned(segment.physical, end) >= 0
                || Long.compareUnsigned(segment.memoryBytes, end - segment.physical) > 0) {
            throw image.bad("a segment of %s bytes at 0x%x does not lie below 0x%x",
                    Long.toUnsignedString(segment.memoryBytes), segment.physical, end);
        }
        room.put("a segment of the image", segment.physical, image.array(), (int) segment.offset,
                (int) segment.fileBytes, segment.memoryBytes);
    }

    private Segment segment(int number) {
        long table = wide ? image.u64(32) : image.u32(28);
        int size = image.u16(wide ? 54 : 42);
        // A table behind the end of a file of at most 2 GiB: no sum below can overflow.
        long at = image.checked(table, 0) + (long) number * size;
        return wide
                ? new Segment(image.u32(at), image.u64(at + 8), image.u64(at + 16), image.u64(at + 24),
                        image.u64(at + 32), image.u64(at + 40), image.u64(at + 48))
                : new Segment(image.u32(at), image.u32(at + 4), image.u32(at + 8), image.u32(at + 12),
                        image.u32(at + 16), image.u32(at + 20), image.u32(at + 28));
    }

    private record Segment(long type, long offset, long virtual, long physical, long fileBytes, long memoryBytes,
            long alignment) {
        boolean holds(long address) {
            return Long.compareUnsigned(address - virtual, memoryBytes) < 0;
        }
    }
}

package org.cupule.machine.loader;

/**
 * The program segments of an ELF file for x86, of 32 or 64 bits (System V ABI, "ELF Header" and "Program Header").
 *
 * <pre>
 *               32 bits                                     64 bits
 *  header       +24 entry +28 phoff +42 phentsize +44 n     +24 entry:8 +32 phoff:8 +54 phentsize +56 n
 *  segment      +0 type +4 offset +8 vaddr +12 paddr        +0 type +8 offset:8 +16 vaddr:8 +24 paddr:8
 *               +16 filesz +20 memsz                        +32 filesz:8 +40 memsz:8
 * </pre>
 *
 * @threading immutable
 */
final class ElfFile {
    private static final long MAGIC = 0x464C_457FL;
    private static final int CLASS_64 = 2;
    private static final int LITTLE_ENDIAN = 1;
    private static final int MACHINE_386 = 3;
    private static final int MACHINE_X86_64 = 62;
    private static final int LOAD = 1;
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
     * @return the physical address of the entry
     */
    long place(Room room, long end) {
        long entry = wide ? image.u64(24) : image.u32(24);
        int count = image.u16(wide ? 56 : 44);
        if (count == 0 || count > MOST_SEGMENTS) {
            throw image.bad("its ELF header tells %d program segments; 1 to %d can be", count, MOST_SEGMENTS);
        }
        long physical = -1;
        for (int i = 0; i < count; i++) {
            Segment segment = segment(i);
            if (segment.type == LOAD) {
                put(segment, room, end);
                physical = segment.holds(entry) ? entry - segment.virtual + segment.physical : physical;
            }
        }
        if (physical < 0) {
            throw image.bad("its entry 0x%x lies in no loadable segment", entry);
        }
        return physical;
    }

    private void put(Segment segment, Room room, long end) {
        if (segment.fileBytes < 0 || Long.compareUnsigned(segment.memoryBytes, segment.fileBytes) < 0
                || !image.has(segment.offset, segment.fileBytes)) {
            throw image.bad("it is truncated: a segment of %s bytes at offset 0x%x is wanted, and it has %d",
                    Long.toUnsignedString(segment.fileBytes), segment.offset, image.length());
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
                        image.u64(at + 32), image.u64(at + 40))
                : new Segment(image.u32(at), image.u32(at + 4), image.u32(at + 8), image.u32(at + 12),
                        image.u32(at + 16), image.u32(at + 20));
    }

    private record Segment(long type, long offset, long virtual, long physical, long fileBytes, long memoryBytes) {
        boolean holds(long address) {
            return Long.compareUnsigned(address - virtual, memoryBytes) < 0;
        }
    }
}

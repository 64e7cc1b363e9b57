package org.cupule.machine.fake;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.cupule.ram.Ram;

/** Guest memory of mapped backings. */
public final class FakeMemory implements GuestMemory {
    private record Mapped(long gpa, Ram ram, long offset, long length, int access) {
        boolean holds(long first, long bytes) {
            return first >= gpa && first + bytes <= gpa + length;
        }
    }

    private final Arena arena = Arena.ofAuto();
    private final List<Mapped> mapped = new ArrayList<>();
    private final List<Long> pages = new ArrayList<>();

    @Override
    public Ram allocate(long lengthBytes) {
        return new Ram(arena.allocate(lengthBytes, Ram.PAGE_BYTES));
    }

    @Override
    public Ram allocate(long lengthBytes, long pageBytes) {
        pages.add(pageBytes);
        return allocate(lengthBytes);
    }

    /** {@return the sizes of pages that were asked for, in order} */
    public List<Long> pages() {
        return pages;
    }

    @Override
    public void map(long gpa, Ram ram, long offset, long lengthBytes, int access) {
        mapped.add(new Mapped(gpa, ram, offset, lengthBytes, access));
        mapped.sort(Comparator.comparingLong(Mapped::gpa));
    }

    @Override
    public void mapMmio(long gpa, Ram ram, long offset, long lengthBytes, int access) {
        throw new UnsupportedOperationException("device memory");
    }

    @Override
    public void unmapMmio(long gpa, long lengthBytes) {
        throw new UnsupportedOperationException("device memory");
    }

    @Override
    public boolean read(long gpa, byte[] target, int from, int lengthBytes) {
        return mapped.stream().filter(range -> range.holds(gpa, lengthBytes)).findFirst().map(range -> {
            range.ram.read(range.offset + gpa - range.gpa, target, from, lengthBytes);
            return true;
        }).orElse(false);
    }

    @Override
    public boolean write(long gpa, byte[] source, int from, int lengthBytes) {
        return mapped.stream().anyMatch(range -> range.holds(gpa, lengthBytes) && (range.access & Access.WRITE) != 0)
                && load(gpa, source, from, lengthBytes);
    }

    @Override
    public boolean load(long gpa, byte[] source, int from, int lengthBytes) {
        return mapped.stream().filter(range -> range.holds(gpa, lengthBytes)).findFirst().map(range -> {
            range.ram.write(range.offset + gpa - range.gpa, source, from, lengthBytes);
            return true;
        }).orElse(false);
    }

    /** {@return so many bytes of RAM} */
    public byte[] peek(long gpa, int lengthBytes) {
        var bytes = new byte[lengthBytes];
        if (!read(gpa, bytes, 0, lengthBytes)) {
            throw new AssertionError("0x%x is not RAM".formatted(gpa));
        }
        return bytes;
    }

    @Override
    public List<Mapping> mappings() {
        return mapped.stream().map(range -> new Mapping(range.gpa, range.length, range.access, MemoryType.WB, true))
                .toList();
    }
}

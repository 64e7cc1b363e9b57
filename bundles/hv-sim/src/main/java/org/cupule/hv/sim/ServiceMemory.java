package org.cupule.hv.sim;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.cupule.hardware.EptWalk;
import org.cupule.hardware.Translation;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a Service VM as its hypercalls name it: by guest physical address, page by page ({@code hsm.md} 3.1).
 *
 * @threading confined to the call that made it
 */
final class ServiceMemory {
    private static final int PAGE = Ram.PAGE_BYTES;

    /**
     * Pages that follow each other in one backing, with equal rights.
     *
     * @param ram
     *            the backing
     * @param offset
     *            of the first byte
     * @param lengthBytes
     *            whole pages
     * @param access
     *            the Service VM's own rights
     * @threading immutable
     */
    record Extent(Ram ram, long offset, long lengthBytes, int access) {
        boolean endsBefore(Ram other, long otherOffset, int otherAccess) {
            return ram == other && offset + lengthBytes == otherOffset && access == otherAccess;
        }

        Extent withPage() {
            return new Extent(ram, offset, lengthBytes + PAGE, access);
        }
    }

    private final MemoryMap memory;
    private final EptWalk walk = new EptWalk();
    private final Translation at = new Translation();

    ServiceMemory(MemoryMap memory) {
        this.memory = memory;
    }

    /** {@return a copy of a structure} EINVAL where a byte of it is not mapped. */
    MemorySegment read(long gpa, long lengthBytes) {
        byte[] bytes = new byte[(int) lengthBytes];
        for (int done = 0; done < bytes.length;) {
            int step = step(gpa + done, bytes.length - done);
            find(gpa + done, Access.READ).read(at.offset, bytes, done, step);
            done += step;
        }
        return MemorySegment.ofArray(bytes);
    }

    /** Copies a structure back. EINVAL where a byte of it is not mapped for writing; then nothing was written. */
    void write(long gpa, MemorySegment source) {
        byte[] bytes = source.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        read(gpa, bytes.length);
        for (int done = 0; done < bytes.length;) {
            int step = step(gpa + done, bytes.length - done);
            find(gpa + done, Access.WRITE).write(at.offset, bytes, done, step);
            done += step;
        }
    }

    private static int step(long gpa, int left) {
        return (int) Math.min(left, PAGE - (gpa & PAGE - 1));
    }

    private Ram find(long gpa, int access) {
        Ram ram = memory.translate(gpa, access, walk, at) ? at.ram : null;
        if (ram == null) {
            throw new HsmException(Errno.EINVAL, "hypercall",
                    "the Service VM has no such memory at 0x%x".formatted(gpa));
        }
        return ram;
    }

    /** {@return a page that the Service VM can write, or null} */
    @Nullable
    MemorySegment page(long gpa) {
        Ram ram = (gpa & PAGE - 1) == 0 && memory.translate(gpa, Access.WRITE, walk, at) ? at.ram : null;
        return ram == null ? null : ram.segment().asSlice(at.offset, PAGE);
    }

    /** {@return what lies behind a range of whole pages} EINVAL when a page is not mapped. */
    List<Extent> extents(long gpa, long lengthBytes) {
        var extents = new ArrayList<Extent>();
        for (long done = 0; done < lengthBytes; done += PAGE) {
            Ram ram = find(gpa + done, Access.READ);
            Extent last = extents.isEmpty() ? null : extents.getLast();
            if (last != null && last.endsBefore(ram, at.offset, at.access)) {
                extents.set(extents.size() - 1, last.withPage());
            } else {
                extents.add(new Extent(ram, at.offset, PAGE, at.access));
            }
        }
        return extents;
    }
}

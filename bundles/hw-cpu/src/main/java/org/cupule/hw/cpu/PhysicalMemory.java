package org.cupule.hw.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.cupule.hardware.CpuContext;
import org.cupule.hardware.Translation;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;

/**
 * Guest physical memory as a page walk sees it: entries of 4 or 8 bytes, with a small cache of where pages lie. Where
 * no RAM is, an entry reads as all ones, as an unclaimed bus cycle does.
 *
 * @threading confined to its CPU
 */
final class PhysicalMemory {
    private static final int ENTRIES = 256;
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private final CpuContext context;
    private final Translation found = new Translation();
    private final long[] pages = new long[ENTRIES];
    private final MemorySegment[] segments = new MemorySegment[ENTRIES];
    private final Ram[] rams = new Ram[ENTRIES];
    private final long[] offsets = new long[ENTRIES];

    PhysicalMemory(CpuContext context) {
        this.context = context;
        flush();
    }

    void flush() {
        Arrays.fill(pages, -1);
        Arrays.fill(segments, null);
        Arrays.fill(rams, null);
    }

    long read64(long gpa) {
        int index = index(gpa);
        return index < 0 ? -1 : (long) LONG.getAcquire(segments[index], offsets[index] + (gpa & 0xFFF));
    }

    int read32(long gpa) {
        int index = index(gpa);
        return index < 0 ? -1 : (int) INT.getAcquire(segments[index], offsets[index] + (gpa & 0xFFF));
    }

    /** Replaces an entry if it still has the value that was read. {@return whether it had} */
    boolean exchange64(long gpa, long old, long value) {
        int index = index(gpa);
        boolean done = index < 0 || LONG.compareAndSet(segments[index], offsets[index] + (gpa & 0xFFF), old, value);
        written(index, gpa, 8);
        return done;
    }

    /** Replaces an entry if it still has the value that was read. {@return whether it had} */
    boolean exchange32(long gpa, int old, int value) {
        int index = index(gpa);
        boolean done = index < 0 || INT.compareAndSet(segments[index], offsets[index] + (gpa & 0xFFF), old, value);
        written(index, gpa, 4);
        return done;
    }

    private void written(int index, long gpa, int size) {
        if (index >= 0 && rams[index].holdsCode(offsets[index])) {
            rams[index].written(offsets[index] + (gpa & 0xFFF), size);
        }
    }

    private int index(long gpa) {
        long page = gpa >>> 12;
        int index = (int) (page ^ page >>> 8) & ENTRIES - 1;
        if (pages[index] == page) {
            return index;
        }
        if (!context.translate(gpa & ~0xFFFL, Access.READ, found)) {
            return -1;
        }
        pages[index] = page;
        rams[index] = found.ram;
        segments[index] = found.ram.segment();
        offsets[index] = found.offset;
        return index;
    }
}

package org.cupule.hw.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.cupule.hardware.CpuContext;
import org.cupule.hardware.CpuExit;
import org.cupule.hardware.Translation;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;
import org.jspecify.annotations.Nullable;

/**
 * Linear memory: a software TLB in front of {@link Paging} and of the VM's EPT.
 *
 * <p>
 * An entry turns a linear page into a segment and an offset. Read and write tags are apart, so that a page may be
 * readable only: because of its rights, because it is not dirty yet, or because it holds decoded code, whose writers
 * must tell. A tag is
 *
 * <pre>
 *   63                        12 11        0
 *  +----------------------------+-----------+
 *  |       linear page          |   epoch   |      dropping all entries is counting the epoch up
 *  +----------------------------+-----------+
 * </pre>
 *
 * <p>
 * The usual access is an index, a compare, and one access to the segment. The lower half of the table is the
 * supervisor's, the upper half the user's.
 *
 * @threading confined to its CPU
 */
final class Mmu {
    private static final int ENTRIES = 4096;
    private static final int EPOCHS = 4095;
    private static final long PAGE = ~0xFFFL;
    private static final int LARGE = 1024;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG_ATOMIC = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle INT_ATOMIC = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle SHORT_ATOMIC = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle BYTE_ATOMIC = ValueLayout.JAVA_BYTE.varHandle();

    private final Registers state;
    private final CpuContext context;
    private final AccessLog log;
    private final Fault fault;
    private final Leave leave;
    private final Paging paging;
    final DataBreakpoints breakpoints;
    private final boolean shared;
    private final Translation found = new Translation();
    private long[] readTags = new long[ENTRIES];
    private long[] writeTags = new long[ENTRIES];
    private long[] deltas = new long[ENTRIES];
    private Ram[] rams = new Ram[ENTRIES];
    private MemorySegment[] segments = new MemorySegment[ENTRIES];
    /** Which regions of 2 MiB, by their number modulo 1024, may have a translation out of a large page. */
    private final long[] large = new long[LARGE / 64];
    /** Whether there may be a translation out of a page of 1 GiB. */
    private boolean huge;
    private long readEpoch;
    private long writeEpoch;
    /** Where the user's half begins while the guest runs at CPL 3, else 0. */
    private int half;
    /** Whether accesses are the processor's own (descriptor tables, TSS), whatever the CPL. */
    private boolean system;
    /** Counts up whenever code of the present privilege that is decoded may be another at the same linear address. */
    int epoch;
    /** The epochs of supervisor's and user's code. */
    private final int[] epochs = new int[2];
    /** Whether supervisor's code came from a page that is not global, since its epoch began. */
    private boolean localCode;
    /** Set when an access of the guest's began at a canonical address and ended behind the last one. */
    boolean beyond;
    /** Set when a store has changed a page that holds decoded code: the running block must end. */
    boolean codeChanged;
    /** Physical address of the last successful fetch translation. */
    @Nullable
    Ram fetchedRam;
    long fetchedOffset;

    Mmu(Registers state, CpuContext context, AccessLog log, Fault fault, Leave leave, boolean shared) {
        this.state = state;
        this.context = context;
        this.log = log;
        this.fault = fault;
        this.leave = leave;
        this.shared = shared;
        this.breakpoints = new DataBreakpoints(state);
        this.paging = new Paging(state, new PhysicalMemory(context), fault);
        clear();
    }

    // --- dropping entries

    /** Drops all translations, and what was learnt of the EPT. */
    void flushAll() {
        paging.flush();
        flush();
    }

    /** Drops all translations. */
    void flush() {
        nextEpoch();
        huge = false;
        Arrays.fill(large, 0);
        dropAll();
    }

    /** CR3 was loaded: what is known of pages that are not global is dropped. Decoded code of a kernel mostly stays. */
    void flushLocal() {
        if ((state.cr4 & X86.CR4_PGE) == 0 || localCode) {
            flush();
            return;
        }
        epochs[1]++;
        followEpoch();
        dropAll();
    }

    private void nextEpoch() {
        epochs[0]++;
        epochs[1]++;
        localCode = false;
        followEpoch();
    }

    private void followEpoch() {
        epoch = epochs[state.cpl == 3 ? 1 : 0];
    }

    private void dropAll() {
        if (++readEpoch > EPOCHS || ++writeEpoch > EPOCHS) {
            clear();
        }
    }

    /** Drops the write translations: a page has become code. */
    void dropWrites() {
        if (++writeEpoch > EPOCHS) {
            clear();
        }
    }

    /** Drops the translation of one linear page, and all parts of a large page. */
    void drop(long linear) {
        int bit = (int) (linear >>> 21) & LARGE - 1;
        if (huge || (large[bit >> 6] >>> bit & 1) != 0) {
            flush();
            return;
        }
        nextEpoch();
        int index = index(linear);
        for (int each = index; each < readTags.length; each += ENTRIES) {
            readTags[each] = writeTags[each] = -1;
        }
    }

    /** Notes that the translation just made is of a part of a large page. */
    private void noteLarge(long linear) {
        if (paging.pageBits == 12) {
            return;
        }
        huge |= paging.pageBits == 30;
        int first = (int) (linear >>> paging.pageBits << paging.pageBits - 21) & LARGE - 1;
        large[first >> 6] |= 1L << first;
        if (paging.pageBits == 22) {
            large[first + 1 >> 6] |= 1L << first + 1;
        }
    }

    private void clear() {
        Arrays.fill(readTags, -1);
        Arrays.fill(writeTags, -1);
        Arrays.fill(rams, null);
        Arrays.fill(segments, null);
        readEpoch = 0;
        writeEpoch = 0;
    }

    /** Follows the CPL. */
    void privilege() {
        half = state.cpl == 3 && !system ? ENTRIES : 0;
        if (half == readTags.length) {
            addUsersHalf();
        }
        followEpoch();
    }

    /** At the first instruction at CPL 3: many a guest has none. */
    private void addUsersHalf() {
        readTags = Arrays.copyOf(readTags, 2 * ENTRIES);
        writeTags = Arrays.copyOf(writeTags, 2 * ENTRIES);
        Arrays.fill(readTags, ENTRIES, 2 * ENTRIES, -1);
        Arrays.fill(writeTags, ENTRIES, 2 * ENTRIES, -1);
        deltas = Arrays.copyOf(deltas, 2 * ENTRIES);
        rams = Arrays.copyOf(rams, 2 * ENTRIES);
        segments = Arrays.copyOf(segments, 2 * ENTRIES);
    }

    /**
     * Begins accesses of the processor itself: supervisor rights whatever the CPL. {@return what to give to
     * {@link #asGuest}}
     */
    boolean asSystem() {
        boolean before = system;
        system = true;
        half = 0;
        return before;
    }

    void asGuest(boolean before) {
        system = before;
        privilege();
    }

    private static int index(long linear) {
        return (int) (linear >>> 12 ^ linear >>> 22) & ENTRIES - 1;
    }

    // --- loads

    long load64(long linear) {
        int index = index(linear) + half;
        if (readTags[index] == (linear & PAGE | readEpoch) && (linear & 0xFFF) <= 0xFF8) {
            long offset = linear + deltas[index];
            return shared && (linear & 7) == 0
                    ? (long) LONG_ATOMIC.getAcquire(segments[index], offset)
                    : segments[index].get(LONG, offset);
        }
        return loadSlow(linear, 8);
    }

    int load32(long linear) {
        int index = index(linear) + half;
        if (readTags[index] == (linear & PAGE | readEpoch) && (linear & 0xFFF) <= 0xFFC) {
            long offset = linear + deltas[index];
            return shared && (linear & 3) == 0
                    ? (int) INT_ATOMIC.getAcquire(segments[index], offset)
                    : segments[index].get(INT, offset);
        }
        return (int) loadSlow(linear, 4);
    }

    int load16(long linear) {
        int index = index(linear) + half;
        if (readTags[index] == (linear & PAGE | readEpoch) && (linear & 0xFFF) <= 0xFFE) {
            long offset = linear + deltas[index];
            return (shared && (linear & 1) == 0
                    ? (short) SHORT_ATOMIC.getAcquire(segments[index], offset)
                    : segments[index].get(SHORT, offset)) & 0xFFFF;
        }
        return (int) loadSlow(linear, 2);
    }

    int load8(long linear) {
        int index = index(linear) + half;
        if (readTags[index] == (linear & PAGE | readEpoch)) {
            long offset = linear + deltas[index];
            return (shared
                    ? (byte) BYTE_ATOMIC.getAcquire(segments[index], offset)
                    : segments[index].get(ValueLayout.JAVA_BYTE, offset)) & 0xFF;
        }
        return (int) loadSlow(linear, 1);
    }

    /** Loads 1, 2, 4 or 8 bytes, zero-extended. */
    long load(long linear, int size) {
        return switch (size) {
            case 1 -> load8(linear);
            case 2 -> load16(linear);
            case 4 -> load32(linear) & 0xFFFF_FFFFL;
            default -> load64(linear);
        };
    }

    private long loadSlow(long linear, int size) {
        int first = (int) Math.min(size, 0x1000 - (linear & 0xFFF));
        if (first < size) {
            // Both pages are looked up before the first byte is read, so that a fault comes before an access outside.
            requireCanonical(linear + first);
            probe(linear, false);
            probe(next(linear, first), false);
            return loadBytes(linear, 0, size, 0);
        }
        long gpa = paging.walk(linear, false, half != 0);
        noteLarge(linear);
        if (!system) {
            breakpoints.access(linear, size, false);
        }
        if (!context.translate(gpa, Access.READ, found)) {
            return log.access(CpuExit.MMIO, gpa, size, false, 0);
        }
        install(linear, found, false);
        return read(found, size);
    }

    private long loadBytes(long linear, int at, int size, long value) {
        for (int i = at; i < size; i++) {
            value |= (long) load8(next(linear, i)) << 8 * i;
        }
        return value;
    }

    private long read(Translation at, int size) {
        MemorySegment segment = at.ram.segment();
        if (shared && (at.offset & size - 1) == 0) {
            return readAcquire(segment, at.offset, size);
        }
        return switch (size) {
            case 1 -> segment.get(ValueLayout.JAVA_BYTE, at.offset) & 0xFFL;
            case 2 -> segment.get(SHORT, at.offset) & 0xFFFFL;
            case 4 -> segment.get(INT, at.offset) & 0xFFFF_FFFFL;
            default -> segment.get(LONG, at.offset);
        };
    }

    private static long readAcquire(MemorySegment segment, long offset, int size) {
        return switch (size) {
            case 1 -> (byte) BYTE_ATOMIC.getAcquire(segment, offset) & 0xFFL;
            case 2 -> (short) SHORT_ATOMIC.getAcquire(segment, offset) & 0xFFFFL;
            case 4 -> (int) INT_ATOMIC.getAcquire(segment, offset) & 0xFFFF_FFFFL;
            default -> (long) LONG_ATOMIC.getAcquire(segment, offset);
        };
    }

    // --- stores

    void store64(long linear, long value) {
        int index = index(linear) + half;
        if (writeTags[index] == (linear & PAGE | writeEpoch) && (linear & 0xFFF) <= 0xFF8) {
            long offset = linear + deltas[index];
            if (shared && (linear & 7) == 0) {
                LONG_ATOMIC.setRelease(segments[index], offset, value);
            } else {
                segments[index].set(LONG, offset, value);
            }
        } else {
            storeSlow(linear, 8, value);
        }
    }

    void store32(long linear, int value) {
        int index = index(linear) + half;
        if (writeTags[index] == (linear & PAGE | writeEpoch) && (linear & 0xFFF) <= 0xFFC) {
            long offset = linear + deltas[index];
            if (shared && (linear & 3) == 0) {
                INT_ATOMIC.setRelease(segments[index], offset, value);
            } else {
                segments[index].set(INT, offset, value);
            }
        } else {
            storeSlow(linear, 4, value);
        }
    }

    void store16(long linear, int value) {
        int index = index(linear) + half;
        if (writeTags[index] == (linear & PAGE | writeEpoch) && (linear & 0xFFF) <= 0xFFE) {
            long offset = linear + deltas[index];
            if (shared && (linear & 1) == 0) {
                SHORT_ATOMIC.setRelease(segments[index], offset, (short) value);
            } else {
                segments[index].set(SHORT, offset, (short) value);
            }
        } else {
            storeSlow(linear, 2, value);
        }
    }

    void store8(long linear, int value) {
        int index = index(linear) + half;
        if (writeTags[index] == (linear & PAGE | writeEpoch)) {
            long offset = linear + deltas[index];
            if (shared) {
                BYTE_ATOMIC.setRelease(segments[index], offset, (byte) value);
            } else {
                segments[index].set(ValueLayout.JAVA_BYTE, offset, (byte) value);
            }
        } else {
            storeSlow(linear, 1, value);
        }
    }

    /** Stores 1, 2, 4 or 8 bytes. */
    void store(long linear, int size, long value) {
        switch (size) {
            case 1 -> store8(linear, (int) value);
            case 2 -> store16(linear, (int) value);
            case 4 -> store32(linear, (int) value);
            default -> store64(linear, value);
        }
    }

    private void storeSlow(long linear, int size, long value) {
        int first = (int) Math.min(size, 0x1000 - (linear & 0xFFF));
        if (first < size) {
            // Both pages must be writable before the first byte is written: an instruction that faults leaves no trace.
            requireCanonical(linear + first);
            probe(linear, true);
            probe(next(linear, first), true);
            for (int i = 0; i < size; i++) {
                store8(next(linear, i), (int) (value >>> 8 * i));
            }
            return;
        }
        long gpa = paging.walk(linear, true, half != 0);
        noteLarge(linear);
        if (!system) {
            breakpoints.access(linear, size, true);
        }
        if (!context.translate(gpa, Access.WRITE, found)) {
            log.access(CpuExit.MMIO, gpa, size, true, value);
            return;
        }
        write(found, size, value);
        told(found.ram, found.offset, size);
        install(linear, found, true);
    }

    private void write(Translation at, int size, long value) {
        MemorySegment segment = at.ram.segment();
        if (shared && (at.offset & size - 1) == 0) {
            writeRelease(segment, at.offset, size, value);
            return;
        }
        switch (size) {
            case 1 -> segment.set(ValueLayout.JAVA_BYTE, at.offset, (byte) value);
            case 2 -> segment.set(SHORT, at.offset, (short) value);
            case 4 -> segment.set(INT, at.offset, (int) value);
            default -> segment.set(LONG, at.offset, value);
        }
    }

    private static void writeRelease(MemorySegment segment, long offset, int size, long value) {
        switch (size) {
            case 1 -> BYTE_ATOMIC.setRelease(segment, offset, (byte) value);
            case 2 -> SHORT_ATOMIC.setRelease(segment, offset, (short) value);
            case 4 -> INT_ATOMIC.setRelease(segment, offset, (int) value);
            default -> LONG_ATOMIC.setRelease(segment, offset, value);
        }
    }

    /** Tells that RAM was written through the slow path. */
    private void told(Ram ram, long offset, long lengthBytes) {
        if (ram.holdsCode(offset)) {
            int before = ram.generation(offset);
            ram.written(offset, lengthBytes);
            codeChanged |= ram.generation(offset) != before;
        }
    }

    /**
     * Faults if a byte could not be accessed; else does nothing that a guest could see but the accessed and dirty bits.
     */
    void probe(long linear, boolean write) {
        int index = index(linear) + half;
        boolean known = write
                ? writeTags[index] == (linear & PAGE | writeEpoch)
                : readTags[index] == (linear & PAGE | readEpoch);
        if (!known) {
            paging.walk(linear, write, half != 0);
        }
    }

    /** Faults if bytes could not be written; the fault tells the first byte of the page that refuses. */
    void probe(long linear, int size) {
        probe(linear, size, true);
    }

    /** Faults if bytes could not be accessed; the fault tells the first byte of the page that refuses. */
    void probe(long linear, int size, boolean write) {
        probe(linear, write);
        int first = 0x1000 - ((int) linear & 0xFFF);
        if (first < size) {
            requireCanonical(linear + first);
            probe(next(linear, first), write);
        }
    }

    /** The first byte of an access has been checked already. */
    private void requireCanonical(long next) {
        if (state.long64 && next << 16 >> 16 != next) {
            beyond = !system;
            throw fault.of(X86.GP, 0);
        }
    }

    private long next(long linear, int bytes) {
        return state.long64 || state.longMode() && system ? linear + bytes : linear + bytes & 0xFFFF_FFFFL;
    }

    private void install(long linear, Translation at, boolean writable) {
        int index = index(linear) + half;
        long page = linear & PAGE;
        Ram ram = at.ram;
        long delta = at.offset - linear;
        if (readTags[index] != (page | readEpoch) || deltas[index] != delta || rams[index] != ram) {
            writeTags[index] = -1;
        }
        if (breakpoints.in(page)) {
            readTags[index] = -1;
            writeTags[index] = -1;
            return;
        }
        rams[index] = ram;
        segments[index] = ram.segment();
        deltas[index] = delta;
        readTags[index] = (at.access & Access.READ) != 0 ? page | readEpoch : -1;
        if (writable && !ram.holdsCode(at.offset)) {
            writeTags[index] = page | writeEpoch;
        }
    }

    // --- fetches

    /**
     * Finds the RAM that instructions at a linear address come from: {@link #fetchedRam}, {@link #fetchedOffset}.
     */
    void fetch(long linear) {
        long gpa = paging.walkFetch(linear, state.cpl == 3);
        noteLarge(linear);
        localCode |= !paging.global && state.cpl != 3;
        if (!context.translate(gpa, Access.EXECUTE, found)) {
            log.exit.reason = CpuExit.FETCH;
            log.exit.address = gpa;
            log.exit.size = 1;
            throw leave;
        }
        fetchedRam = found.ram;
        fetchedOffset = found.offset;
    }

    /** {@return a byte of code that has been fetched before} */
    int code8(long linear) {
        fetch(wrap(linear));
        return fetchedRam.segment().get(ValueLayout.JAVA_BYTE, fetchedOffset) & 0xFF;
    }

    /** {@return a linear address in the width of the mode} */
    long wrap(long linear) {
        return state.long64 ? linear : linear & 0xFFFF_FFFFL;
    }

    // --- read-modify-write

    /** The segment of a page that may be written, for an atomic access, or null where it needs the slow way. */
    @Nullable
    MemorySegment atomic(long linear, int size) {
        if ((linear & size - 1) != 0) {
            return null;
        }
        probeWrite(linear);
        int index = index(linear) + half;
        return writeTags[index] == (linear & PAGE | writeEpoch) ? segments[index] : null;
    }

    /** {@return whether RAM that may be written is behind an address} */
    boolean ram(long linear) {
        return context.translate(paging.walk(linear, true, half != 0), Access.WRITE, found);
    }

    /** {@return the offset in the segment that {@link #atomic} gave} */
    long offset(long linear) {
        return linear + deltas[index(linear) + half];
    }

    /** Makes the page's write translation present where RAM is behind it and it holds no code. */
    private void probeWrite(long linear) {
        int index = index(linear) + half;
        if (writeTags[index] != (linear & PAGE | writeEpoch)) {
            long gpa = paging.walk(linear, true, half != 0);
            noteLarge(linear);
            if (context.translate(gpa, Access.WRITE, found)) {
                install(linear, found, true);
            }
        }
    }

    /** Compares and exchanges in RAM. {@return the value that was there} */
    static long exchange(MemorySegment segment, long offset, int size, long expected, long value) {
        return switch (size) {
            case 1 -> (byte) exchange8(segment, offset, (int) expected, (int) value) & 0xFFL;
            case 2 -> (short) exchange16(segment, offset, (int) expected, (int) value) & 0xFFFFL;
            case 4 -> (int) INT_ATOMIC.compareAndExchange(segment, offset, (int) expected, (int) value) & 0xFFFF_FFFFL;
            default -> (long) LONG_ATOMIC.compareAndExchange(segment, offset, expected, value);
        };
    }

    /** Java has no compare-and-exchange of bytes and shorts in memory: it is done on the int around it. */
    private static int exchange8(MemorySegment segment, long offset, int expected, int value) {
        return exchangePart(segment, offset & ~3L, (int) (offset & 3) * 8, 0xFF, expected, value);
    }

    private static int exchange16(MemorySegment segment, long offset, int expected, int value) {
        return exchangePart(segment, offset & ~3L, (int) (offset & 3) * 8, 0xFFFF, expected, value);
    }

    private static int exchangePart(MemorySegment segment, long offset, int shift, int mask, int expected, int value) {
        while (true) {
            int old = (int) INT_ATOMIC.getVolatile(segment, offset);
            int part = old >>> shift & mask;
            if (part != (expected & mask)) {
                return part;
            }
            int next = old & ~(mask << shift) | (value & mask) << shift;
            if (INT_ATOMIC.compareAndSet(segment, offset, old, next)) {
                return part;
            }
        }
    }

    // --- runs of bytes, for string instructions

    /** {@return the segment of a page, when its read translation is there} */
    @Nullable
    MemorySegment readable(long linear) {
        int index = index(linear) + half;
        return readTags[index] == (linear & PAGE | readEpoch) ? segments[index] : null;
    }

    /** {@return the segment of a page, when its write translation is there} */
    @Nullable
    MemorySegment writable(long linear) {
        int index = index(linear) + half;
        return writeTags[index] == (linear & PAGE | writeEpoch) ? segments[index] : null;
    }

    Fault fault(int vector, int code) {
        return fault.of(vector, code);
    }
}

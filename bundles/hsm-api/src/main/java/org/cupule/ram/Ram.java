package org.cupule.ram;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * One backing of guest RAM: a native, page-aligned segment, and for each of its 4 KiB pages whether instructions were
 * decoded from it.
 *
 * <p>
 * A VM has as many backings as its memory needs. The HSM makes them, and the VM's arena, which it closes last, owns the
 * segments. Everybody else gets slices and lets them go when the VM is destroyed.
 *
 * <h2>Stale code</h2>
 *
 * A CPU that decodes instructions calls {@link #markCode} <em>before</em> it reads their bytes and keeps the generation
 * with what it decoded; decoded code is valid while {@link #generation} still gives that number. What is marked are
 * lines of 128 bytes: data may lie beside code without making it invalid. Whoever writes guest RAM calls
 * {@link #written} <em>after</em> the write, unless it knows that the page holds no code. A CPU's own fast stores know
 * it by dropping their write translations of a page when it becomes code; for the window in which another CPU still
 * holds one, see {@code CpuContext.requestFlush}.
 *
 * <pre>
 *  page of RAM   0     1     2     3    ...
 *  generation  [ 0 ] [ 7 ] [ 0 ] [ 2 ]        odd = holds decoded code, even = does not
 *  lines       [ - ] [32 bits]                which of its lines were decoded since the generation became odd
 * </pre>
 *
 * <h2>Memory that others write</h2>
 *
 * Who does not know these rules, another process, writes without a word. For such memory the backing remembers a sum of
 * each page from the moment that its generation becomes odd, before anything is decoded from it; {@link #findWrites}
 * compares, and makes the pages that have changed invalid. The HSM calls it before the guest can hear of what was
 * written: before an answer, an interrupt or a start.
 *
 * @threading any thread: guest memory is plain shared memory; the generations are read and changed atomically
 */
public final class Ram {
    /** Bytes of a page. */
    public static final int PAGE_BYTES = 4096;

    private static final VarHandle GENERATION = MethodHandles.arrayElementVarHandle(int[].class);

    private static final int LINE_SHIFT = 7;
    private static final int ALL_LINES = -1;

    private final MemorySegment segment;
    private final long hpa;
    private final long lengthBytes;
    private final int[] generations;
    private final int[] lines;
    private final @Nullable PageSums sums;

    /**
     * Takes a segment as guest RAM, which is written by who obeys the rule of stale code alone.
     *
     * @param segment
     *            as for {@link #Ram(MemorySegment, boolean)}
     */
    public Ram(MemorySegment segment) {
        this(segment, false);
    }

    /**
     * Takes a segment as guest RAM.
     *
     * @param segment
     *            native, with its address and its length multiples of 4096 bytes; not empty
     * @param foreign
     *            whether others may write it without a word
     * @throws HsmException
     *             EFAULT for any other segment
     */
    public Ram(MemorySegment segment, boolean foreign) {
        long length = segment.byteSize();
        if (!segment.isNative() || length == 0 || ((segment.address() | length) & PAGE_BYTES - 1) != 0
                || length / PAGE_BYTES > Integer.MAX_VALUE - 8) {
            throw new HsmException(Errno.EFAULT, "ram",
                    "a segment of %d bytes at 0x%x is not native, page-aligned memory".formatted(length,
                            segment.address()));
        }
        this.segment = segment;
        this.hpa = segment.address();
        this.lengthBytes = length;
        this.generations = new int[(int) (length / PAGE_BYTES)];
        this.lines = new int[generations.length];
        this.sums = foreign ? new PageSums(segment) : null;
    }

    private Ram(long hpa, long lengthBytes) {
        this.segment = MemorySegment.NULL;
        this.hpa = hpa;
        this.lengthBytes = lengthBytes;
        this.generations = new int[0];
        this.lines = generations;
        this.sums = null;
    }

    /**
     * {@return memory of a device of the host, which is known by its physical address there and nothing of which is
     * here: it can be mapped, and neither read nor written}
     *
     * @param hpa
     *            physical address in the host, a multiple of 4096
     * @param lengthBytes
     *            a positive multiple of 4096
     * @throws HsmException
     *             EINVAL for any other numbers
     */
    public static Ram ofHost(long hpa, long lengthBytes) {
        if (((hpa | lengthBytes) & PAGE_BYTES - 1) != 0 || lengthBytes <= 0
                || Long.compareUnsigned(hpa + lengthBytes - 1, hpa) < 0) {
            throw new HsmException(Errno.EINVAL, "ram",
                    "0x%x bytes of the host's memory at 0x%x are no pages".formatted(lengthBytes, hpa));
        }
        return new Ram(hpa, lengthBytes);
    }

    /** {@return whether it is memory of the host that is not here} */
    public boolean ofHost() {
        return segment.byteSize() == 0;
    }

    /** {@return the memory itself; who writes to it obeys the rule of stale code above} */
    public MemorySegment segment() {
        return segment;
    }

    /** {@return the length in bytes, a multiple of 4096} */
    public long lengthBytes() {
        return lengthBytes;
    }

    /** {@return the host physical address of byte 0; of memory that is here, its address in this process} */
    public long hpa() {
        return hpa;
    }

    /**
     * Notes that any bytes of a page are going to be decoded.
     *
     * @param offset
     *            any byte of the page
     * @return the page's generation: an odd number, to be kept with what is decoded
     */
    public int markCode(long offset) {
        return mark(page(offset), ALL_LINES);
    }

    /**
     * Notes that some bytes of a page are going to be decoded.
     *
     * @param offset
     *            the first of them
     * @param lengthBytes
     *            how many, at least 1 and at most up to the end of the page
     * @return the page's generation: an odd number, to be kept with what is decoded
     */
    public int markCode(long offset, int lengthBytes) {
        return mark(page(offset), lines(offset, offset + lengthBytes - 1));
    }

    private int mark(int page, int wanted) {
        while (true) {
            int old = (int) GENERATION.getVolatile(generations, page);
            int odd = old | 1;
            if (old == odd || GENERATION.compareAndSet(generations, page, old, odd)) {
                if (sums != null) {
                    sums.await(page, odd, old != odd);
                }
                if (((int) GENERATION.getVolatile(lines, page) & wanted) != wanted) {
                    GENERATION.getAndBitwiseOr(lines, page, wanted);
                }
                // The mark must be visible before the bytes are read: partner of the fence in written().
                VarHandle.fullFence();
                if ((int) GENERATION.getVolatile(generations, page) == odd) {
                    return odd;
                }
            }
        }
    }

    /** {@return the lines of a page from one offset in it to another} */
    private static int lines(long first, long last) {
        int from = (int) first >>> LINE_SHIFT & 31;
        int to = (int) last >>> LINE_SHIFT & 31;
        return ALL_LINES >>> 31 - to & ALL_LINES << from;
    }

    /**
     * Makes decoded code of pages invalid that somebody has written without telling. Does nothing for memory that is
     * not foreign. Costs what it takes to read the pages that hold code.
     */
    public void findWrites() {
        PageSums known = sums;
        if (known != null) {
            known.changed(page -> (int) GENERATION.getVolatile(generations, page), this::invalidate);
        }
    }

    /** {@return the page's generation: odd while it holds decoded code} */
    public int generation(long offset) {
        return (int) GENERATION.getAcquire(generations, page(offset));
    }

    /** {@return whether the page holds decoded code} */
    public boolean holdsCode(long offset) {
        return (generation(offset) & 1) != 0;
    }

    /**
     * Tells that bytes were written: decoded code of their pages becomes invalid.
     *
     * @param offset
     *            first byte written
     * @param lengthBytes
     *            how many, at least 1
     */
    public void written(long offset, long lengthBytes) {
        // The bytes must be visible before the mark is looked at: partner of the fence in markCode().
        VarHandle.fullFence();
        long last = offset + lengthBytes - 1;
        int lastPage = page(last);
        for (int page = page(offset); page <= lastPage; page++) {
            if (((int) GENERATION.getVolatile(generations, page) & 1) != 0) {
                long from = Math.max(offset, (long) page << 12);
                long to = Math.min(last, ((long) page << 12) + PAGE_BYTES - 1);
                if (((int) GENERATION.getVolatile(lines, page) & lines(from, to)) != 0) {
                    invalidate(page);
                }
            }
        }
    }

    /**
     * Makes all decoded code of a page invalid. The lines are forgotten first: whoever marks one of them meanwhile has
     * the generation that ends here, or one that ends here too.
     */
    private void invalidate(int page) {
        GENERATION.getAndSet(lines, page, 0);
        int old = (int) GENERATION.getVolatile(generations, page);
        while ((old & 1) != 0) {
            int seen = (int) GENERATION.compareAndExchange(generations, page, old, old + 1);
            if (seen == old) {
                return;
            }
            old = seen;
        }
    }

    /** Copies bytes in, and tells so. */
    public void write(long offset, byte[] source, int from, int lengthBytes) {
        if (lengthBytes > 0) {
            MemorySegment.copy(MemorySegment.ofArray(source), from, segment, offset, lengthBytes);
            written(offset, lengthBytes);
        }
    }

    /** Copies bytes out. */
    public void read(long offset, byte[] target, int from, int lengthBytes) {
        MemorySegment.copy(segment, offset, MemorySegment.ofArray(target), from, lengthBytes);
    }

    private static int page(long offset) {
        return (int) (offset >>> 12);
    }
}

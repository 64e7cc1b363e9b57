package org.cupule.ram;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.IntConsumer;
import java.util.function.IntUnaryOperator;

/**
 * What pages that hold decoded code contained when their generation became odd.
 *
 * <p>
 * The one who made it odd takes the sum; everybody who decodes waits for it. So nothing is decoded that is older than
 * the sum, and whatever is written after that changes it.
 *
 * <pre>
 *   page of RAM      0       1       2
 *   sum          [  -    | 8f..  |  -   ]
 *   sealed       [  0    |  7    |  4   ]    the generation that the sum belongs to
 *   marked            bit 1                  pages to look at
 * </pre>
 *
 * @threading any thread
 */
final class PageSums {
    private static final VarHandle SEALED = MethodHandles.arrayElementVarHandle(int[].class);
    private static final VarHandle MARKED = MethodHandles.arrayElementVarHandle(long[].class);
    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    private final MemorySegment memory;
    private final long[] sums;
    private final int[] sealed;
    private final long[] marked;

    /** Begins without sums. */
    PageSums(MemorySegment memory) {
        int pages = (int) (memory.byteSize() / Ram.PAGE_BYTES);
        this.memory = memory;
        this.sums = new long[pages];
        this.sealed = new int[pages];
        this.marked = new long[(pages + Long.SIZE - 1) / Long.SIZE];
    }

    /**
     * Takes the sum of a page, or waits until it is taken.
     *
     * @param generation
     *            of the page: odd
     * @param take
     *            whether the caller has made it odd
     */
    void await(int page, int generation, boolean take) {
        if (take) {
            MARKED.getAndBitwiseOr(marked, page / Long.SIZE, 1L << page); // before anybody can decode
            sums[page] = sum(page);
            SEALED.setVolatile(sealed, page, generation); // with the sum: partner of the reads below
        } else {
            while ((int) SEALED.getVolatile(sealed, page) - generation < 0) {
                Thread.onSpinWait();
            }
        }
    }

    /** Tells which pages have changed. One whose sum is being taken has no decoded code yet. */
    void changed(IntUnaryOperator generation, IntConsumer action) {
        for (int word = 0; word < marked.length; word++) {
            long left = (long) MARKED.getVolatile(marked, word);
            while (left != 0) {
                int page = word * Long.SIZE + Long.numberOfTrailingZeros(left);
                left &= left - 1;
                look(page, generation, action);
            }
        }
    }

    private void look(int page, IntUnaryOperator generation, IntConsumer action) {
        int now = generation.applyAsInt(page);
        if ((now & 1) == 0) {
            // It is set again by who makes the generation odd next; if that is happening now, by the second look.
            MARKED.getAndBitwiseAnd(marked, page / Long.SIZE, ~(1L << page));
            if ((generation.applyAsInt(page) & 1) != 0) {
                MARKED.getAndBitwiseOr(marked, page / Long.SIZE, 1L << page);
            }
        } else if ((int) SEALED.getVolatile(sealed, page) == now && sums[page] != sum(page)) {
            action.accept(page);
        }
    }

    private long sum(int page) {
        long from = (long) page * Ram.PAGE_BYTES;
        long even = MIX;
        long odd = ~MIX;
        for (long at = from; at < from + Ram.PAGE_BYTES; at += 2 * Long.BYTES) {
            even = Long.rotateLeft((even ^ memory.get(ValueLayout.JAVA_LONG, at)) * MIX, 29);
            odd = Long.rotateLeft((odd ^ memory.get(ValueLayout.JAVA_LONG, at + Long.BYTES)) * MIX, 29);
        }
        return even ^ Long.rotateLeft(odd, 17);
    }
}

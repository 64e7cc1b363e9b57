package org.cupule.hw.cpu;

import org.cupule.ram.Ram;
import org.jspecify.annotations.Nullable;

/**
 * A run of decoded operations without a branch inside, in one page of RAM; only its last instruction may reach into a
 * second page.
 *
 * @threading confined to its CPU
 */
final class Block {
    /** The generation of no page of code: a block that is not kept is never valid. */
    private static final int NEVER = 0;

    /** The operations; the last one sets RIP. */
    final Op[] ops;
    /** How many instructions they are. */
    final int count;
    /** The backing that they were decoded from. */
    final Ram ram;
    /** Where in it the first byte lies. */
    final long offset;
    /** The page's generation when they were decoded. */
    final int generation;
    /** What the same bytes can mean different things in, see {@link BlockCache}. */
    final int mode;
    /** Bytes of all instructions. */
    final int length;
    /** Where the second page lies, for a block that reaches into one. */
    final @Nullable Ram secondRam;
    final long secondOffset;
    final int secondGeneration;
    /** The next block of the same bucket. */
    @Nullable
    Block next;

    // the two blocks that were executed behind this one last, and for which linear address and epoch that holds
    @Nullable
    Block link0;
    long linear0;
    int epoch0;
    @Nullable
    Block link1;
    long linear1;
    int epoch1;

    Block(Op[] ops, int count, int length, int mode, CodePage page, long offset, @Nullable CodePage second,
            boolean kept) {
        this.ops = ops;
        this.count = count;
        this.length = length;
        this.mode = mode;
        this.ram = page.ram;
        this.offset = offset;
        this.generation = kept ? page.generation : NEVER;
        this.secondRam = second == null ? null : second.ram;
        this.secondOffset = second == null ? 0 : second.offset;
        this.secondGeneration = second == null ? 0 : second.generation;
    }

    /** {@return whether the bytes are still those that were decoded} */
    boolean valid() {
        return ram.generation(offset) == generation && (secondRam == null || secondValid());
    }

    private boolean secondValid() {
        return secondRam.generation(secondOffset) == secondGeneration;
    }

    /** Remembers which block was executed behind this one. */
    void link(Block to, long linear, int epoch) {
        if (link0 == null || epoch0 != epoch || linear0 == linear) {
            link0 = to;
            linear0 = linear;
            epoch0 = epoch;
        } else {
            link1 = to;
            linear1 = linear;
            epoch1 = epoch;
        }
    }
}

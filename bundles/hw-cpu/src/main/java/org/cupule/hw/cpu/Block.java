package org.cupule.hw.cpu;

import org.cupule.ram.Ram;
import org.jspecify.annotations.Nullable;

/**
 * A run of decoded operations without a branch inside, in one page of RAM.
 *
 * @threading confined to its CPU
 */
final class Block {
    /** The operations. */
    final Op[] ops;
    /** The backing that they were decoded from. */
    final Ram ram;
    /** Where in it the first byte lies. */
    final long offset;
    /** The page's generation when they were decoded. */
    final int generation;
    /** Whether it was decoded as 64-bit code (2), 32-bit (1) or 16-bit code (0). */
    final int mode;
    /** Bytes of all operations. */
    final int length;
    /** The next block of the same slot. */
    @Nullable
    Block next;

    Block(Op[] ops, Ram ram, long offset, int generation, int mode) {
        this.ops = ops;
        this.ram = ram;
        this.offset = offset;
        this.generation = generation;
        this.mode = mode;
        Op last = ops[ops.length - 1];
        this.length = last.offset + last.length;
    }

    /** {@return whether the bytes are still those that were decoded} */
    boolean valid() {
        return ram.generation(offset) == generation;
    }
}

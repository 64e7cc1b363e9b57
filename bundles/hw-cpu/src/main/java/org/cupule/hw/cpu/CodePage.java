package org.cupule.hw.cpu;

import org.cupule.hardware.CpuContext;
import org.cupule.ram.Ram;

/**
 * A page of RAM that instructions were decoded from.
 *
 * <p>
 * When a page becomes code, this CPU drops its own write translations of it, and asks all others to drop theirs. Until
 * they have, one of them could write without telling: what is decoded meanwhile is not kept.
 *
 * @threading confined to its CPU
 */
final class CodePage {
    final Ram ram;
    /** Where it begins. */
    final long offset;
    /** Its generation when it was last marked. */
    int generation;
    private long request;
    private boolean settled;

    CodePage(Ram ram, long offset) {
        this.ram = ram;
        this.offset = offset;
    }

    /**
     * Marks a byte of the page, before it is read. {@return whether the page was not code before, as far as this CPU
     * knew}
     */
    boolean mark(long at) {
        int marked = ram.markCode(at, 1);
        boolean fresh = marked != generation;
        generation = marked;
        return fresh;
    }

    /** Asks the other CPUs to drop their translations. */
    void shootDown(CpuContext context, boolean shared) {
        settled = !shared;
        if (shared) {
            request = context.requestFlush();
        }
    }

    /** Marks the line of a further byte, before it is read. The generation that counts is that of the first one. */
    void markMore(long at) {
        ram.markCode(at, 1);
    }

    /** {@return whether nobody can write to it without telling; asked before its bytes are read} */
    boolean settled(CpuContext context) {
        settled = settled || context.flushed(request);
        return settled;
    }
}

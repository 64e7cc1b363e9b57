package org.cupule.hsm.memory;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Memory of somebody else that a VM has until it lets it go: what pinned pages are to the driver.
 *
 * <p>
 * The segment stays where it is and as it is until {@link #close}. The borrower, and nobody else, calls that, once,
 * when the hypervisor and the HSM have no use for it any more. Afterwards nothing touches the segment; a lender may
 * well end the segment's arena then.
 *
 * @threading any thread
 */
@ConsumerType
public interface LentMemory extends AutoCloseable {
    /** {@return the memory: native, its address and its length multiples of 4096, not empty} */
    MemorySegment segment();

    /**
     * {@return the size of the page that holds a byte: 4096, or that of a huge page}
     *
     * <p>
     * Pages lie at multiples of their size. The segment begins with the first byte of a page and ends with the last of
     * one. The hypervisor gets one region a page ({@code hsm.md} 6.4).
     *
     * @param offset
     *            of the byte in the segment
     */
    default long pageBytes(long offset) {
        return 4096;
    }

    /**
     * {@return whether these are raw frames, not pages that could be pinned: the hypervisor gets one region, and none
     * of the VM's 256 RAM mappings is used up ({@code hsm.md} 6.3)}
     */
    default boolean frames() {
        return false;
    }

    /** The borrower has no use for it any more. */
    @Override
    void close();
}

package org.cupule.hypervisor;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Counts the interrupts of a partition and throttles storms ({@code hsm.md} 3.3, 10.4).
 *
 * <pre>
 *  page  +0 command : 4    0 tell the counts, 1 set the delay
 *        +4 count   : 4    numbers of the buffer that may be used, at most 48; out: that were used
 *        +8 buffer  : 48 * 8
 *             command 0    out: irq, count, irq, count, ...
 *             command 1    in:  buffer[0] milliseconds by which each injection is held back; 0 ends that
 * </pre>
 *
 * @threading any thread
 */
@ConsumerType
public interface InterruptMonitor {
    /**
     * Carries out the command of a page. Synchronous: the page is not touched after the return.
     *
     * @param page
     *            4096 bytes
     * @throws org.cupule.types.HsmException
     *             EINVAL for a count above 48 or another command
     */
    void monitor(MemorySegment page);
}

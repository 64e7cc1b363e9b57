package org.cupule.hsm.interrupt;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Interrupt injection into one VM.
 *
 * @threading any thread; lines and messages never wait
 */
@ProviderType
public interface Interrupts {
    /** Level high. */
    int HIGH = 0;
    /** Level low. */
    int LOW = 1;
    /** High, then low. */
    int RAISING_PULSE = 2;
    /** Low, then high. */
    int FALLING_PULSE = 3;

    /**
     * Drives a line.
     *
     * @param gsi
     *            0 to 47, else EPERM; below 16 the 8259 pair sees it too (GSI 2 as its input 0)
     * @param operation
     *            one of the constants; any other is accepted without effect
     */
    void line(int gsi, int operation);

    /** Sends a message. EPERM when its address is not 0xFEExxxxx. */
    void msi(Msi msi);

    /**
     * VM_INTR_MONITOR: lets the hypervisor carry out the command of a page, as
     * {@link org.cupule.hypervisor.InterruptMonitor} draws it. The page is the HSM's from the call on: after a failure
     * it is released at once; after success it stays, in place of the one before, which is released, until the next
     * success or the end of the VM ({@code hsm.md} 10.4).
     *
     * @param page
     *            4096 bytes, page-aligned
     * @param release
     *            called once, when the HSM has no use for the page any more: unpins it
     * @throws org.cupule.types.HsmException
     *             EINVAL for a count above 48 or an unknown command; EOPNOTSUPP
     */
    default void monitor(MemorySegment page, Runnable release) {
        release.run();
        throw new HsmException(Errno.EOPNOTSUPP, "interrupt monitor", "nobody counts the interrupts of this VM");
    }

    /** {@return how often each interrupt was injected, as command 0 tells it: at most 24} EOPNOTSUPP. */
    default List<IrqCount> counts() {
        throw new HsmException(Errno.EOPNOTSUPP, "interrupt monitor", "nobody counts the interrupts of this VM");
    }

    /**
     * Holds each injection back by this time, as command 1 does, so that a storm does not drown the guest; 0 ends it.
     */
    default void delay(long millis) {
        throw new HsmException(Errno.EOPNOTSUPP, "interrupt monitor", "nobody can delay the interrupts of this VM");
    }
}

package org.cupule.hv.sim;

import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.hardware.CpuExit;

/**
 * What ACRN does with the configuration ports before the HSM sees them ({@code hsm.md} 8.4); used under its behaviour
 * only.
 *
 * <pre>
 *  0xCF8  write of 4 bytes   latched, with bits 30:24 and 1:0 cleared; goes on to the HSM as it is
 *         read of 4 bytes    the latch
 *         other sizes        all ones, dropped
 *  0xCFC  any                reads the latch and clears it; goes on to the HSM if the latch's enable bit was set and the
 *  to     access             access is aligned, else all ones, dropped: so one data access for each address
 *  0xCFF
 * </pre>
 *
 * @threading any thread: the latch is one for all vCPUs
 */
final class PciPorts {
    private static final int ADDRESS = 0xCF8;
    private static final int DATA = 0xCFC;
    private static final int KEPT = 0x80FF_FFFC;
    private static final int ENABLE = 1 << 31;
    private static final long ALL_ONES = 0xFFFF_FFFFL;

    private final AtomicInteger latch = new AtomicInteger();

    /** {@return whether the access ends here; the latch has been changed as the access does} */
    boolean takes(CpuExit exit) {
        if (exit.address == ADDRESS) {
            return !latched(exit);
        }
        return (exit.address & ~3) == DATA && !forwarded(exit);
    }

    private boolean latched(CpuExit exit) {
        boolean whole = exit.write && exit.size == 4;
        if (whole) {
            latch.set((int) exit.value & KEPT);
        }
        return whole;
    }

    private boolean forwarded(CpuExit exit) {
        boolean enabled = (latch.getAndSet(0) & ENABLE) != 0;
        return enabled && (exit.address & exit.size - 1) == 0;
    }

    /** {@return the answer of an access that ends here} */
    long answer(CpuExit exit) {
        return exit.address == ADDRESS && exit.size == 4 ? latch.get() & ALL_ONES : ALL_ONES;
    }

    /** {@return the latched address, to be saved} */
    int latch() {
        return latch.get();
    }

    /** Latches a saved address. */
    void latch(int saved) {
        latch.set(saved & KEPT);
    }

    /** Sets the power-on state. */
    void reset() {
        latch.set(0);
    }
}

package org.cupule.hv.sim;

import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.hardware.CpuExit;
import org.cupule.hv.sim.passthrough.AssignedDevices;

/**
 * The configuration ports, before the HSM sees them: the functions of {@link AssignedDevices} are answered here, all
 * others go on to the HSM, which has a latch of its own.
 *
 * <pre>
 *  behaviour x86
 *  0xCF8  write of 4 bytes   latched here too, and goes on
 *  0xCFC  any                answered here if the latch is enabled and names an assigned function; the latch stays
 *
 *  behaviour acrn ({@code
 * hsm.md
 * } 8.4)
 *  0xCF8  write of 4 bytes   latched, with bits 30:24 and 1:0 cleared; goes on to the HSM as it is, unless it names an
 *                            assigned function
 *         read of 4 bytes    the latch
 *         other sizes        all ones, dropped
 *  0xCFC  any                reads the latch and clears it; goes on to the HSM if the latch's enable bit was set and the
 *  to     access             access is aligned, unless it names an assigned function; else all ones, dropped: so one
 *  0xCFF                     data access for each address
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
    private final boolean acrn;
    private final AssignedDevices devices;

    PciPorts(boolean acrn, AssignedDevices devices) {
        this.acrn = acrn;
        this.devices = devices;
    }

    /**
     * Looks at an access to a port.
     *
     * @param answer
     *            of one element: what it yields if it ends here
     * @return whether it ends here; the latch has been changed as the access does
     */
    boolean takes(CpuExit exit, long[] answer) {
        answer[0] = ALL_ONES;
        if ((exit.address & ~7) != ADDRESS) {
            return false;
        }
        if (exit.address >= DATA) {
            return acrn ? acrnData(exit, answer) : data(exit, latch.get(), answer);
        }
        return acrn && exit.address == ADDRESS ? acrnAddress(exit, answer) : address(exit);
    }

    private boolean address(CpuExit exit) {
        if (exit.address == ADDRESS && exit.write && exit.size == 4) {
            latch.set((int) exit.value);
        }
        return false;
    }

    private boolean acrnAddress(CpuExit exit, long[] answer) {
        if (exit.size != 4) {
            return true;
        }
        if (!exit.write) {
            answer[0] = latch.get() & ALL_ONES;
            return true;
        }
        int address = (int) exit.value & KEPT;
        latch.set(address);
        return (address & ENABLE) != 0 && devices.ownsConfig(bdf(address), 0);
    }

    private boolean acrnData(CpuExit exit, long[] answer) {
        int address = latch.getAndSet(0);
        boolean forwarded = (address & ENABLE) != 0 && (exit.address & exit.size - 1) == 0;
        return !forwarded || data(exit, address, answer);
    }

    private boolean data(CpuExit exit, int address, long[] answer) {
        int register = (address & 0xFC) + (address >>> 16 & 0xF00) + (int) (exit.address - DATA);
        if ((address & ENABLE) == 0 || !devices.ownsConfig(bdf(address), register)) {
            return false;
        }
        if (exit.write) {
            devices.writeConfig(bdf(address), register, exit.size, (int) exit.value);
        } else {
            answer[0] = devices.readConfig(bdf(address), register, exit.size) & ALL_ONES;
        }
        return true;
    }

    private static int bdf(int address) {
        return address >>> 8 & 0xFFFF;
    }

    /** {@return the latched address, to be saved} */
    int latch() {
        return latch.get();
    }

    /** Latches a saved address. */
    void latch(int saved) {
        latch.set(acrn ? saved & KEPT : saved);
    }

    /** Sets the power-on state. */
    void reset() {
        latch.set(0);
    }
}

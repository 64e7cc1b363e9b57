package org.cupule.hw.cpu;

/**
 * The data and I/O breakpoints of DR0 to DR3. A page with one never gets a translation in the TLB, so that each access
 * to it comes by here.
 *
 * <pre>
 *  DR7   31 30 29 28   ...   19 18 17 16        7  6  ...  1  0
 *       +-----+-----+       +-----+-----+     +--+--+     +--+--+
 *       |LEN3 |R/W3 |       |LEN0 |R/W0 |     |G3|L3|     |G0|L0|    R/W 01 write, 11 read or write, 10 port;
 *       +-----+-----+       +-----+-----+     +--+--+     +--+--+    LEN 00 1, 01 2, 11 4, 10 8 bytes
 * </pre>
 *
 * <p>
 * Source: SDM volume 3, "Debug Registers".
 *
 * @threading confined to its CPU
 */
final class DataBreakpoints {
    private static final int[] LENGTHS = {1, 2, 8, 4};

    private static final int PORT = 2;

    private final Registers state;
    /** Those that the present instruction has hit, as in DR6. */
    int hits;

    DataBreakpoints(Registers state) {
        this.state = state;
    }

    /** {@return whether one lies in a page} */
    boolean in(long page) {
        if ((state.watch & Registers.DEBUG) == 0) {
            return false;
        }
        for (int i = 0; i < 4; i++) {
            if (kind(i) != 0 && (state.dr[i] & ~0xFFFL) == page) {
                return true;
            }
        }
        return false;
    }

    /** Notes which ones an access hits. */
    void access(long linear, int size, boolean write) {
        if ((state.watch & Registers.DEBUG) == 0) {
            return;
        }
        for (int i = 0; i < 4; i++) {
            if (overlaps(i, linear, size) && (kind(i) == 3 || write && kind(i) == 1)) {
                hits |= 1 << i;
            }
        }
    }

    /** Notes which ones an access to ports hits; those exist only with CR4.DE. */
    void port(int port, int size) {
        if ((state.watch & Registers.DEBUG) == 0 || (state.cr4 & X86.CR4_DE) == 0) {
            return;
        }
        for (int i = 0; i < 4; i++) {
            if (field(i) == PORT && overlaps(i, port, size)) {
                hits |= 1 << i;
            }
        }
    }

    private boolean overlaps(int i, long at, int size) {
        int length = LENGTHS[(int) (state.dr[7] >>> 18 + 4 * i) & 3];
        long first = state.dr[i] & -length;
        return at < first + length && first < at + size;
    }

    /** {@return the R/W field of one that breaks on data; else 0} */
    private int kind(int i) {
        int field = field(i);
        return field == PORT ? 0 : field;
    }

    /** {@return the R/W field of an enabled one; 0 where it is not enabled, or breaks on instructions} */
    private int field(int i) {
        boolean enabled = (state.dr[7] >>> 2 * i & 3) != 0;
        return enabled ? (int) (state.dr[7] >>> 16 + 4 * i) & 3 : 0;
    }
}

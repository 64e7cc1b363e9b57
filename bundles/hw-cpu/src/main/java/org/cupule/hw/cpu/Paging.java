package org.cupule.hw.cpu;

import static org.cupule.hw.cpu.X86.CR0_PG;
import static org.cupule.hw.cpu.X86.CR0_WP;
import static org.cupule.hw.cpu.X86.CR4_PAE;
import static org.cupule.hw.cpu.X86.CR4_PSE;
import static org.cupule.hw.cpu.X86.EFER_NXE;

/**
 * The page walk: none, 32-bit, PAE and 4-level paging, with accessed and dirty bits, and page faults.
 *
 * <pre>
 *  entry    63  62..52  51..12        11..9  8   7   6   5   4    3    2   1   0
 *          +---+------+--------------+------+---+---+---+---+----+----+---+---+---+
 *          |NX |      | page or table|      | G |PS | D | A |PCD |PWT |U/S|R/W| P |
 *          +---+------+--------------+------+---+---+---+---+----+----+---+---+---+
 *  error code                                             4    3    2   1   0
 *                                                       +----+----+---+---+---+
 *                                                       |I/D |RSVD|U/S|W/R| P |
 *                                                       +----+----+---+---+---+
 * </pre>
 *
 * <p>
 * Source: SDM volume 3, "Paging".
 *
 * @threading confined to its CPU
 */
final class Paging {
    private static final int P = 1;
    private static final int RW = 1 << 1;
    private static final int US = 1 << 2;
    private static final int A = 1 << 5;
    private static final int D = 1 << 6;
    private static final int PS = 1 << 7;
    private static final int G = 1 << 8;
    private static final long NX = 1L << 63;
    private static final int RSVD = 1 << 3;
    private static final int ID = 1 << 4;
    /** Physical address bits that this processor reports: 48. */
    static final int PHYSICAL_BITS = 48;
    private static final long FRAME = (1L << PHYSICAL_BITS) - 1 & ~0xFFFL;
    private static final long RESERVED = (1L << 52) - 1 & ~((1L << PHYSICAL_BITS) - 1);

    /** How many bits of the last translated address lie inside its page: 12, 21, 22 or 30. */
    int pageBits = 12;
    /** Whether the last translation was of a global page; without paging all are. */
    boolean global = true;
    private final Registers state;
    private final PhysicalMemory memory;
    private final Fault fault;

    Paging(Registers state, PhysicalMemory memory, Fault fault) {
        this.state = state;
        this.memory = memory;
        this.fault = fault;
    }

    void flush() {
        memory.flush();
    }

    /** {@return the guest physical address of a data access} or faults. */
    long walk(long linear, boolean write, boolean user) {
        return walk(linear, write, user, false);
    }

    /** {@return the guest physical address of an instruction fetch} or faults. */
    long walkFetch(long linear, boolean user) {
        return walk(linear, false, user, true);
    }

    private long walk(long linear, boolean write, boolean user, boolean fetch) {
        pageBits = 12;
        global = true;
        if ((state.cr0 & CR0_PG) == 0) {
            return linear & 0xFFFF_FFFFL;
        }
        int code = (write ? 2 : 0) | (user ? 4 : 0);
        if ((state.cr4 & CR4_PAE) == 0) {
            return walk32((int) linear & 0xFFFF_FFFFL, code);
        }
        if (fetch && (state.efer & EFER_NXE) != 0) {
            code |= ID;
        }
        return state.longMode()
                ? walkTables(linear, state.cr3 & FRAME, 4, US | RW, 0, code, fetch)
                : walkPae(linear & 0xFFFF_FFFFL, code, fetch);
    }

    private long walkPae(long linear, int code, boolean fetch) {
        long entry = state.pdpte[(int) (linear >>> 30) & 3];
        if ((entry & P) == 0) {
            throw pageFault(linear, code);
        }
        return walkTables(linear, entry & FRAME, 2, US | RW, 0, code, fetch);
    }

    /** Walks tables of 512 entries from a level down: 4 PML4, 3 PDPT, 2 PD, 1 PT. */
    private long walkTables(long linear, long table, int level, int rights, long noExecute, int code, boolean fetch) {
        while (true) {
            int shift = 12 + 9 * (level - 1);
            long address = table + ((linear >>> shift & 0x1FF) << 3);
            long entry = memory.read64(address);
            check64(linear, entry, level, code);
            int nextRights = rights & (int) entry;
            long nextNoExecute = noExecute | entry & NX;
            boolean leaf = level == 1 || level <= 3 && (entry & PS) != 0;
            if (leaf) {
                permit(linear, nextRights, nextNoExecute != 0 && fetch, code);
            }
            long marked = entry | A | (leaf && (code & 2) != 0 ? D : 0);
            if (marked != entry && !memory.exchange64(address, entry, marked)) {
                continue; // another processor changed the entry: look at it again
            }
            if (leaf) {
                long mask = (1L << shift) - 1;
                pageBits = shift;
                global = (entry & G) != 0;
                return entry & FRAME & ~mask | linear & mask;
            }
            table = entry & FRAME;
            rights = nextRights;
            noExecute = nextNoExecute;
            level--;
        }
    }

    private void check64(long linear, long entry, int level, int code) {
        if ((entry & P) == 0) {
            throw pageFault(linear, code);
        }
        long reserved = RESERVED | ((state.efer & EFER_NXE) == 0 ? NX : 0);
        if (!state.longMode()) {
            reserved |= 0x7FF0_0000_0000_0000L;
        }
        if ((entry & PS) != 0) {
            reserved |= level == 4 ? PS : level == 3 ? 0x3FFF_E000L : level == 2 ? 0x1F_E000L : 0;
        }
        if ((entry & reserved) != 0) {
            throw pageFault(linear, code | P | RSVD);
        }
    }

    private long walk32(long linear, int code) {
        while (true) {
            long directory = (state.cr3 & 0xFFFF_F000L) + (linear >>> 22 << 2);
            int entry = memory.read32(directory);
            if ((entry & P) == 0) {
                throw pageFault(linear, code);
            }
            if ((entry & PS) != 0 && (state.cr4 & CR4_PSE) != 0) {
                permit(linear, entry, false, code);
                if ((entry & 1 << 21) != 0) {
                    throw pageFault(linear, code | P | RSVD);
                }
                if (mark32(directory, entry, A | ((code & 2) != 0 ? D : 0))) {
                    pageBits = 22;
                    global = (entry & G) != 0;
                    return entry & 0xFFC0_0000L | (entry & 0x1F_E000L) << 19 | linear & 0x3F_FFFF;
                }
                continue;
            }
            long address = (entry & 0xFFFF_F000L) + ((linear >>> 12 & 0x3FF) << 2);
            int page = memory.read32(address);
            if ((page & P) == 0) {
                mark32(directory, entry, A);
                throw pageFault(linear, code);
            }
            permit(linear, entry & page, false, code);
            if (mark32(directory, entry, A) && mark32(address, page, A | ((code & 2) != 0 ? D : 0))) {
                global = (page & G) != 0;
                return page & 0xFFFF_F000L | linear & 0xFFF;
            }
        }
    }

    private boolean mark32(long address, int entry, int bits) {
        return (entry & bits) == bits || memory.exchange32(address, entry, entry | bits);
    }

    private void permit(long linear, int rights, boolean noExecute, int code) {
        boolean user = (code & 4) != 0;
        boolean write = (code & 2) != 0;
        boolean refused = noExecute || user && (rights & US) == 0
                || write && (rights & RW) == 0 && (user || (state.cr0 & CR0_WP) != 0);
        if (refused) {
            throw pageFault(linear, code | P);
        }
    }

    private Fault pageFault(long linear, int code) {
        state.cr2 = linear;
        return fault.of(X86.PG, code);
    }

    /** Loads the four PDPTEs of PAE paging. {@return false where a reserved bit is set: #GP(0)} */
    boolean loadPdptes(long cr3) {
        long[] entries = new long[4];
        for (int i = 0; i < 4; i++) {
            entries[i] = memory.read64((cr3 & 0xFFFF_FFE0L) + 8L * i);
            if ((entries[i] & P) != 0 && (entries[i] & (RESERVED | 0xFFF0_0000_0000_01E6L)) != 0) {
                return false;
            }
        }
        System.arraycopy(entries, 0, state.pdpte, 0, 4);
        return true;
    }
}

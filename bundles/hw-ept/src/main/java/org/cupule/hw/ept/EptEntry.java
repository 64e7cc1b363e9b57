package org.cupule.hw.ept;

import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;

/**
 * The 64 bits of an entry of the extended page tables.
 *
 * <pre>
 * leaf     63     53 52 51            12 11    8  7   6   5    3   2   1   0
 *         +---------+--+----------------+-------+---+----+--------+---+---+---+
 *         |    0    |M | host address   |   0   | L |  0 | memory | X | W | R |
 *         +---------+--+----------------+-------+---+----+ type   +---+---+---+
 *                                                        +--------+
 *   L 1 = a leaf of 1 GiB (in a PDPT) or 2 MiB (in a page directory); 0 in a page table, where each entry is a leaf
 *     1 GiB: bits 29:12 are 0;  2 MiB: bits 20:12 are 0
 *   type 0 UC, 1 WC, 4 WT, 5 WP, 6 WB; bit 6 (ignore PAT) stays 0
 *   M 1 = mapped: one of the bits 62:52 that the processor ignores. It tells a page without any right, which the
 *     processor takes for not present, from no page at all
 *
 * table    63     53 52 51            12 11                         2   1   0
 *         +---------+--+----------------+--------------------------+---+---+---+
 *         |    0    |M |       0        |            0             | 1 | 1 | 1 |
 *         +---------+--+----------------+--------------------------+---+---+---+
 *   the lower table has no address here; it is the Java reference of the same index in EptTable
 * </pre>
 *
 * <p>
 * Source: Intel SDM volume 3, "EPT Translation Mechanism", tables of the formats of EPT entries.
 *
 * @threading immutable
 */
final class EptEntry {
    /** No page and no table. */
    static final long NONE = 0;
    /** A lower table; rights are those of its leaves alone. */
    static final long TABLE = 1L << 52 | Access.ALL;
    /** What bits 5:0 of a leaf hold: rights and memory type. */
    static final int ATTRIBUTES = 0x3F;

    private static final long MAPPED = 1L << 52;
    private static final long LEAF = 1L << 7;
    private static final long ADDRESS = 0x000F_FFFF_FFFF_F000L;
    /** Indexed by code, since {@link MemoryType#of} may allocate. */
    private static final MemoryType[] TYPES = new MemoryType[8];

    static {
        for (int code = 0; code < TYPES.length; code++) {
            TYPES[code] = MemoryType.of(code);
        }
    }

    private EptEntry() {
    }

    /** {@return rights and type in the positions of a leaf's bits 5:0} */
    static int attributes(int access, MemoryType type) {
        return access & Access.ALL | type.code() << 3;
    }

    /** {@return a leaf of {@code 1 << shift} bytes} */
    static long leaf(long hpa, int attributes, int shift) {
        return MAPPED | hpa | (shift == EptTable.PAGE_SHIFT ? 0 : LEAF) | attributes;
    }

    /** {@return whether an entry of a table whose entries span {@code 1 << shift} bytes maps a page} */
    static boolean isLeaf(long entry, int shift) {
        return shift == EptTable.PAGE_SHIFT ? entry != NONE : (entry & LEAF) != 0;
    }

    static long hpa(long leaf) {
        return leaf & ADDRESS;
    }

    static int attributes(long leaf) {
        return (int) leaf & ATTRIBUTES;
    }

    static int access(long leaf) {
        return (int) leaf & Access.ALL;
    }

    static MemoryType type(long leaf) {
        return TYPES[(int) leaf >> 3 & 7];
    }

    static long withAccess(long leaf, int access) {
        return leaf & ~(long) Access.ALL | access & Access.ALL;
    }
}

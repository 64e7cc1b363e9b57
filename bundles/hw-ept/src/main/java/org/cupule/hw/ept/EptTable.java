package org.cupule.hw.ept;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One table of 512 entries, on any of the four levels.
 *
 * <pre>
 *  gpa  47    39 38    30 29    21 20    12 11         0
 *      +--------+--------+--------+--------+------------+
 *      |  PML4  |  PDPT  |   PD   |   PT   |   offset   |
 *      +--------+--------+--------+--------+------------+
 *  shift  39       30       21       12                     an entry spans 1 << shift bytes
 * </pre>
 *
 * <h2>Why a walk needs no lock</h2>
 *
 * One writer at a time changes entries, in this order, each store a release, each load of a walk an acquire:
 * <ol>
 * <li>A leaf is one 64-bit store: a walk reads the old leaf or the new one, never a mixture.
 * <li>A lower table is filled first, then stored in {@code below}, and only then named by its entry: who reads the
 * entry finds the table, and the table whole. This holds for a leaf that is split as well: its 512 parts say what it
 * said, so the walk's answer is the same on both sides of the store.
 * <li>A table is dropped only by an unmap that leaves nothing in it: first its entry becomes NONE, then {@code below}
 * null. A walk between the two, which read the entry before, finds the old table, or null; null means "not mapped",
 * which is true by then. Full tables are never joined back into a large leaf, so null never hides a mapped page.
 * </ol>
 * A walk that still holds a dropped table reads what was there before the unmap; the table is not used again, the
 * collector takes it.
 *
 * @threading reads from any thread, changes from one at a time
 */
final class EptTable {
    static final int ENTRIES = 512;
    static final int PAGE_SHIFT = 12;
    /** Largest leaf: 1 GiB. */
    static final int LARGEST_LEAF_SHIFT = 30;
    static final int ROOT_SHIFT = 39;

    private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle BELOW = MethodHandles.arrayElementVarHandle(EptTable[].class);

    private final long[] entries = new long[ENTRIES];
    private final @Nullable EptTable @Nullable [] below;
    private final int shift;
    /** How many entries are not NONE; the writer's own. */
    private int used;

    /** Makes an empty table whose entries span {@code 1 << shift} bytes. */
    EptTable(int shift) {
        this.shift = shift;
        this.below = shift == PAGE_SHIFT ? null : new @Nullable EptTable[ENTRIES];
    }

    /** {@return the table that a leaf of {@code 1 << (shift + 9)} bytes is split into: it maps the same} */
    static EptTable split(long leaf, int shift) {
        EptTable parts = new EptTable(shift);
        int attributes = EptEntry.attributes(leaf);
        for (int i = 0; i < ENTRIES; i++) {
            parts.entries[i] = EptEntry.leaf(EptEntry.hpa(leaf) + ((long) i << shift), attributes, shift);
        }
        parts.used = ENTRIES;
        return parts;
    }

    static int index(long gpa, int shift) {
        return (int) (gpa >>> shift) & ENTRIES - 1;
    }

    int shift() {
        return shift;
    }

    boolean empty() {
        return used == 0;
    }

    /** Partner of the releases below. */
    long entry(int index) {
        return (long) ENTRY.getAcquire(entries, index);
    }

    @Nullable
    EptTable below(int index) {
        return below == null ? null : (EptTable) BELOW.getAcquire(below, index);
    }

    /** Puts a leaf where there was none, or another leaf. */
    void leaf(int index, long leaf) {
        used += entries[index] == EptEntry.NONE ? 1 : 0;
        ENTRY.setRelease(entries, index, leaf);
    }

    /** Puts a table, whole already, where there was none or a leaf that maps the same. */
    void table(int index, EptTable table) {
        used += entries[index] == EptEntry.NONE ? 1 : 0;
        BELOW.setRelease(below, index, table);
        ENTRY.setRelease(entries, index, EptEntry.TABLE);
    }

    /** Drops whatever is there. */
    void clear(int index) {
        used -= entries[index] == EptEntry.NONE ? 0 : 1;
        ENTRY.setRelease(entries, index, EptEntry.NONE);
        if (below != null) {
            BELOW.setRelease(below, index, null);
        }
    }
}

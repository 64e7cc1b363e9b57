package org.cupule.hw.ept;

import org.cupule.hardware.Ept;
import org.cupule.hardware.EptWalk;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * Extended page tables of four levels, with large leaves where both addresses are aligned. A large leaf is split when a
 * part of it is unmapped or gets other rights; tables are not joined again, but an empty one is dropped.
 *
 * <p>
 * A walk costs at most four dependent loads and allocates nothing.
 *
 * @threading as {@link Ept} says; why the walk needs no lock stands in {@link EptTable}
 */
public final class FourLevelEpt implements Ept {
    static final StateSchema SCHEMA = StateSchema.first("ept");

    private static final long LAST_GPA = (1L << GPA_BITS) - 1;

    /** Changes only in {@link #restore}; volatile so that a walk sees the new tables whole. */
    private volatile EptTable root = new EptTable(EptTable.ROOT_SHIFT);

    @Override
    public long map(long gpa, long hpa, long lengthBytes, int access, MemoryType type) {
        if (outside(gpa, lengthBytes)) {
            return 0;
        }
        if (hpa >>> HPA_BITS != 0 || hpa + (last(gpa, lengthBytes) - gpa) >>> HPA_BITS != 0) {
            throw new HsmException(Errno.EINVAL, "map",
                    "0x%x bytes at host physical 0x%x do not fit into %d bits".formatted(lengthBytes, hpa, HPA_BITS));
        }
        return map(root, gpa, last(gpa, lengthBytes), hpa - gpa, EptEntry.attributes(access, type));
    }

    @Override
    public void unmap(long gpa, long lengthBytes) {
        if (!outside(gpa, lengthBytes)) {
            unmap(root, gpa, last(gpa, lengthBytes));
        }
    }

    @Override
    public void protect(long gpa, long lengthBytes, int access) {
        if (!outside(gpa, lengthBytes)) {
            protect(root, gpa, last(gpa, lengthBytes), access & Access.ALL);
        }
    }

    @Override
    public boolean mapped(long gpa, long lengthBytes) {
        if (outside(gpa, lengthBytes)) {
            return lengthBytes == 0;
        }
        return Long.compareUnsigned(lengthBytes - 1, LAST_GPA - gpa) <= 0 && mapped(root, gpa, last(gpa, lengthBytes));
    }

    @Override
    public boolean walk(long gpa, int access, EptWalk out) {
        if (gpa >>> GPA_BITS != 0) {
            return refuse(0, access, out);
        }
        EptTable table = root;
        while (table != null) {
            int shift = table.shift();
            int index = EptTable.index(gpa, shift);
            long entry = table.entry(index);
            if (EptEntry.isLeaf(entry, shift)) {
                return answer(gpa, access, entry, shift, out);
            }
            table = entry == EptEntry.NONE ? null : table.below(index);
        }
        return refuse(0, access, out);
    }

    private static boolean answer(long gpa, int access, long leaf, int shift, EptWalk out) {
        int rights = EptEntry.access(leaf);
        if ((access & ~rights) != 0) {
            return refuse(rights, access, out);
        }
        out.pageBytes = 1L << shift;
        out.hpa = EptEntry.hpa(leaf) | gpa & out.pageBytes - 1;
        out.type = EptEntry.type(leaf);
        out.access = rights;
        out.qualification = rights << 3 | access;
        return true;
    }

    private static boolean refuse(int rights, int access, EptWalk out) {
        out.access = rights;
        out.qualification = rights << 3 | access;
        return false;
    }

    @Override
    public void forEach(MappingVisitor visitor) {
        RunJoiner joiner = new RunJoiner(visitor);
        forEach(root, 0, joiner);
        joiner.flush();
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return EptState.save(this);
    }

    @Override
    public void restore(ModelState state) {
        EptTable fresh = new EptTable(EptTable.ROOT_SHIFT);
        for (EptState.Row row : EptState.rows(state)) {
            map(fresh, row.gpa(), row.last(), row.hpa() - row.gpa(), row.attributes());
        }
        root = fresh;
    }

    /** {@return whether nothing of a range can be mapped} */
    private static boolean outside(long gpa, long lengthBytes) {
        return lengthBytes == 0 || gpa >>> GPA_BITS != 0;
    }

    /** {@return the last address of a range, not beyond the last that can be mapped} */
    private static long last(long gpa, long lengthBytes) {
        return Long.compareUnsigned(lengthBytes - 1, LAST_GPA - gpa) > 0 ? LAST_GPA : gpa + lengthBytes - 1;
    }

    private static long map(EptTable table, long first, long last, long delta, int attributes) {
        long added = 0;
        long offset = (1L << table.shift()) - 1;
        for (long at = first; at <= last; at = (at | offset) + 1) {
            added += mapEntry(table, at, Math.min(last, at | offset), delta, attributes);
        }
        return added;
    }

    /** Maps what one entry of the table spans; a new lower table is filled before it is published. */
    private static long mapEntry(EptTable table, long first, long last, long delta, int attributes) {
        int shift = table.shift();
        int index = EptTable.index(first, shift);
        if (EptEntry.isLeaf(table.entry(index), shift)) {
            return 0;
        }
        EptTable below = table.below(index);
        if (below != null) {
            return map(below, first, last, delta, attributes);
        }
        if (fits(first, last, first + delta, shift)) {
            table.leaf(index, EptEntry.leaf(first + delta, attributes, shift));
            return 1L << shift;
        }
        below = new EptTable(shift - 9);
        long added = map(below, first, last, delta, attributes);
        table.table(index, below);
        return added;
    }

    private static boolean fits(long first, long last, long hpa, int shift) {
        long offset = (1L << shift) - 1;
        return shift <= EptTable.LARGEST_LEAF_SHIFT && last - first == offset && (hpa & offset) == 0;
    }

    private static void unmap(EptTable table, long first, long last) {
        long offset = (1L << table.shift()) - 1;
        for (long at = first; at <= last; at = (at | offset) + 1) {
            unmapEntry(table, at, Math.min(last, at | offset));
        }
    }

    private static void unmapEntry(EptTable table, long first, long last) {
        int shift = table.shift();
        int index = EptTable.index(first, shift);
        if (last - first == (1L << shift) - 1) {
            table.clear(index);
            return;
        }
        EptTable below = lower(table, index);
        if (below != null) {
            unmap(below, first, last);
            if (below.empty()) {
                table.clear(index);
            }
        }
    }

    private static void protect(EptTable table, long first, long last, int access) {
        long offset = (1L << table.shift()) - 1;
        for (long at = first; at <= last; at = (at | offset) + 1) {
            protectEntry(table, at, Math.min(last, at | offset), access);
        }
    }

    private static void protectEntry(EptTable table, long first, long last, int access) {
        int shift = table.shift();
        int index = EptTable.index(first, shift);
        long entry = table.entry(index);
        if (EptEntry.isLeaf(entry, shift)) {
            if (EptEntry.access(entry) == access) {
                return;
            }
            if (last - first == (1L << shift) - 1) {
                table.leaf(index, EptEntry.withAccess(entry, access));
                return;
            }
        }
        EptTable below = lower(table, index);
        if (below != null) {
            protect(below, first, last, access);
        }
    }

    /** {@return the table below an entry; a large leaf is split into one first} */
    private static @Nullable EptTable lower(EptTable table, int index) {
        long entry = table.entry(index);
        if (EptEntry.isLeaf(entry, table.shift())) {
            table.table(index, EptTable.split(entry, table.shift() - 9));
        }
        return table.below(index);
    }

    private static boolean mapped(EptTable table, long first, long last) {
        int shift = table.shift();
        long offset = (1L << shift) - 1;
        for (long at = first; at <= last; at = (at | offset) + 1) {
            int index = EptTable.index(at, shift);
            if (!EptEntry.isLeaf(table.entry(index), shift)) {
                EptTable below = table.below(index);
                if (below == null || !mapped(below, at, Math.min(last, at | offset))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static void forEach(EptTable table, long base, RunJoiner joiner) {
        int shift = table.shift();
        for (int index = 0; index < EptTable.ENTRIES; index++) {
            long gpa = base + ((long) index << shift);
            long entry = table.entry(index);
            EptTable below = table.below(index);
            if (EptEntry.isLeaf(entry, shift)) {
                joiner.add(gpa, entry, 1L << shift);
            } else if (below != null) {
                forEach(below, gpa, joiner);
            }
        }
    }
}

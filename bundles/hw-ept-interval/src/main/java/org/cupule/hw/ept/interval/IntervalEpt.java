package org.cupule.hw.ept.interval;

import org.cupule.hardware.Ept;
import org.cupule.hardware.EptWalk;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * A sorted map of intervals. A change copies the map, O(runs); a walk is a binary search, O(log runs), and allocates
 * nothing. A VM of some backings and devices has a few dozen runs.
 *
 * <h2>Why a walk needs no lock</h2>
 *
 * {@link Intervals} never change. A change makes a new one and stores it in one volatile field; a walk reads that field
 * once. So it sees all pages as they were before or after the change, never one half of it.
 *
 * @threading as {@link Ept} says
 */
public final class IntervalEpt implements Ept {
    static final StateSchema SCHEMA = StateSchema.first("ept");

    private static final long LAST_GPA = (1L << GPA_BITS) - 1;

    private volatile Intervals intervals = Intervals.EMPTY;

    @Override
    public long map(long gpa, long hpa, long lengthBytes, int access, MemoryType type) {
        if (outside(gpa, lengthBytes)) {
            return 0;
        }
        long last = last(gpa, lengthBytes);
        if (hpa >>> HPA_BITS != 0 || hpa + (last - gpa) >>> HPA_BITS != 0) {
            throw new HsmException(Errno.EINVAL, "map",
                    "0x%x bytes at host physical 0x%x do not fit into %d bits".formatted(lengthBytes, hpa, HPA_BITS));
        }
        return fill(gpa, last, hpa - gpa, Intervals.attributes(access, type));
    }

    /** Maps the gaps between the runs that are there. */
    private long fill(long first, long last, long delta, int attributes) {
        Intervals old = intervals;
        var fresh = new Intervals.Builder(old.size() + 2);
        int run = copyBefore(old, first, fresh);
        long added = 0;
        long gap = first;
        for (; run < old.size() && old.first(run) <= last; run++) {
            added += Math.max(0, old.first(run) - gap);
            fresh.add(gap, old.first(run) - 1, gap + delta, attributes);
            fresh.addPart(old, run, 0, LAST_GPA);
            gap = old.last(run) + 1;
        }
        added += Math.max(0, last - gap + 1);
        fresh.add(gap, last, gap + delta, attributes);
        copyFrom(old, run, fresh);
        intervals = fresh.build();
        return added;
    }

    @Override
    public void unmap(long gpa, long lengthBytes) {
        if (outside(gpa, lengthBytes)) {
            return;
        }
        long last = last(gpa, lengthBytes);
        Intervals old = intervals;
        var fresh = new Intervals.Builder(old.size() + 1);
        int run = copyBefore(old, gpa, fresh);
        for (; run < old.size() && old.first(run) <= last; run++) {
            fresh.addPart(old, run, 0, gpa - 1);
            fresh.addPart(old, run, last + 1, LAST_GPA);
        }
        copyFrom(old, run, fresh);
        intervals = fresh.build();
    }

    @Override
    public void protect(long gpa, long lengthBytes, int access) {
        if (outside(gpa, lengthBytes)) {
            return;
        }
        long last = last(gpa, lengthBytes);
        Intervals old = intervals;
        var fresh = new Intervals.Builder(old.size() + 2);
        int run = copyBefore(old, gpa, fresh);
        for (; run < old.size() && old.first(run) <= last; run++) {
            fresh.addPart(old, run, 0, gpa - 1);
            fresh.addPart(old, run, gpa, last, Intervals.attributes(access, old.type(run)));
            fresh.addPart(old, run, last + 1, LAST_GPA);
        }
        copyFrom(old, run, fresh);
        intervals = fresh.build();
    }

    /** Copies the runs that end before an address. @return the first one that does not */
    private static int copyBefore(Intervals old, long gpa, Intervals.Builder fresh) {
        int stop = old.ceiling(gpa);
        for (int run = 0; run < stop; run++) {
            fresh.addPart(old, run, 0, LAST_GPA);
        }
        return stop;
    }

    private static void copyFrom(Intervals old, int start, Intervals.Builder fresh) {
        for (int run = start; run < old.size(); run++) {
            fresh.addPart(old, run, 0, LAST_GPA);
        }
    }

    @Override
    public boolean mapped(long gpa, long lengthBytes) {
        if (outside(gpa, lengthBytes)) {
            return lengthBytes == 0;
        }
        if (Long.compareUnsigned(lengthBytes - 1, LAST_GPA - gpa) > 0) {
            return false;
        }
        Intervals now = intervals;
        long last = last(gpa, lengthBytes);
        int run = now.find(gpa);
        while (run >= 0 && now.last(run) < last) {
            run = now.find(now.last(run) + 1);
        }
        return run >= 0;
    }

    @Override
    public boolean walk(long gpa, int access, EptWalk out) {
        Intervals now = intervals;
        int run = now.find(gpa);
        int rights = run < 0 ? 0 : now.access(run);
        out.access = rights;
        out.qualification = rights << 3 | access;
        if (run < 0 || (access & ~rights) != 0) {
            return false;
        }
        out.hpa = now.hpa(run, gpa);
        out.pageBytes = now.pageBytes(run, gpa);
        out.type = now.type(run);
        return true;
    }

    @Override
    public void forEach(MappingVisitor visitor) {
        intervals.forEach(visitor);
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return IntervalState.save(intervals);
    }

    @Override
    public void restore(ModelState state) {
        intervals = IntervalState.read(state);
    }

    private static boolean outside(long gpa, long lengthBytes) {
        return lengthBytes == 0 || gpa >>> GPA_BITS != 0;
    }

    /** {@return the last address of a range, not beyond the last that can be mapped} */
    private static long last(long gpa, long lengthBytes) {
        return Long.compareUnsigned(lengthBytes - 1, LAST_GPA - gpa) > 0 ? LAST_GPA : gpa + lengthBytes - 1;
    }
}

package org.cupule.hw.ept.interval;

import java.util.Arrays;
import org.cupule.hardware.Ept.MappingVisitor;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;

/**
 * Runs of mapped pages, ascending and disjoint, in parallel arrays:
 *
 * <pre>
 *  firsts      [ 0x00000 | 0x0C0000 | 0x100000 ]     first guest physical address
 *  lasts       [ 0x9FFFF | 0x0FFFFF | 0x7FFFFF ]     last one, inclusive
 *  hpas        [ ...     | ...      | ...      ]     host physical address of the first
 *  attributes  [ WB rwx  | UC r-x   | WB rwx   ]     rights in bits 2:0, the type's code in bits 5:3
 * </pre>
 *
 * <p>
 * Neighbours that continue each other are one run: equal mappings have equal arrays, whatever made them.
 *
 * @threading immutable
 */
final class Intervals {
    static final Intervals EMPTY = new Intervals(new long[0], new long[0], new long[0], new byte[0]);

    private static final long LARGE_BYTES = 1L << 21;
    private static final long HUGE_BYTES = 1L << 30;
    /** Indexed by code, since {@link MemoryType#of} may allocate. */
    private static final MemoryType[] TYPES = new MemoryType[8];

    static {
        Arrays.setAll(TYPES, MemoryType::of);
    }

    private final long[] firsts;
    private final long[] lasts;
    private final long[] hpas;
    private final byte[] attributes;

    private Intervals(long[] firsts, long[] lasts, long[] hpas, byte[] attributes) {
        this.firsts = firsts;
        this.lasts = lasts;
        this.hpas = hpas;
        this.attributes = attributes;
    }

    int size() {
        return firsts.length;
    }

    long first(int run) {
        return firsts[run];
    }

    long last(int run) {
        return lasts[run];
    }

    /** {@return the host physical address of a guest physical address in this run} */
    long hpa(int run, long gpa) {
        return hpas[run] + (gpa - firsts[run]);
    }

    int attributes(int run) {
        return attributes[run];
    }

    int access(int run) {
        return attributes[run] & Access.ALL;
    }

    MemoryType type(int run) {
        return TYPES[attributes[run] >> 3];
    }

    static int attributes(int access, MemoryType type) {
        return access & Access.ALL | type.code() << 3;
    }

    /** {@return the run that holds the address, or -1} */
    int find(long gpa) {
        int run = floor(gpa);
        return run >= 0 && gpa <= lasts[run] ? run : -1;
    }

    /** {@return the last run that begins at or before the address, or -1} */
    private int floor(long gpa) {
        int low = 0;
        int high = firsts.length - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            if (firsts[middle] <= gpa) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /** {@return the first run that ends at or after the address: {@link #size} if there is none} */
    int ceiling(long gpa) {
        int run = floor(gpa);
        return run >= 0 && gpa <= lasts[run] ? run : run + 1;
    }

    /** {@return the largest page that could map this address of the run: both addresses aligned, all of it inside} */
    long pageBytes(int run, long gpa) {
        if (holds(run, gpa, HUGE_BYTES)) {
            return HUGE_BYTES;
        }
        return holds(run, gpa, LARGE_BYTES) ? LARGE_BYTES : 4096;
    }

    private boolean holds(int run, long gpa, long bytes) {
        long first = gpa & -bytes;
        return first >= firsts[run] && (first | bytes - 1) <= lasts[run] && (hpa(run, first) & bytes - 1) == 0;
    }

    void forEach(MappingVisitor visitor) {
        for (int run = 0; run < size(); run++) {
            visitor.mapping(firsts[run], hpas[run], lasts[run] - firsts[run] + 1, access(run), type(run));
        }
    }

    /**
     * Collects runs in ascending order, and joins them.
     *
     * @threading confined to its maker
     */
    static final class Builder {
        private long[] firsts;
        private long[] lasts;
        private long[] hpas;
        private byte[] attributes;
        private int size;

        Builder(int expected) {
            firsts = new long[expected];
            lasts = new long[expected];
            hpas = new long[expected];
            attributes = new byte[expected];
        }

        /** Adds a run; nothing when {@code last < first}. */
        void add(long first, long last, long hpa, int attribute) {
            if (last < first) {
                return;
            }
            if (size > 0 && continues(first, hpa, attribute)) {
                lasts[size - 1] = last;
                return;
            }
            if (size == firsts.length) {
                resize(size * 2 + 4);
            }
            firsts[size] = first;
            lasts[size] = last;
            hpas[size] = hpa;
            attributes[size++] = (byte) attribute;
        }

        /** Adds the part of a run that lies between two addresses, inclusive. */
        void addPart(Intervals source, int run, long first, long last) {
            addPart(source, run, first, last, source.attributes(run));
        }

        /** Adds the part of a run that lies between two addresses, with other attributes. */
        void addPart(Intervals source, int run, long first, long last, int attribute) {
            long from = Math.max(first, source.first(run));
            add(from, Math.min(last, source.last(run)), source.hpa(run, from), attribute);
        }

        private boolean continues(long first, long hpa, int attribute) {
            int top = size - 1;
            return lasts[top] + 1 == first && hpas[top] + (first - firsts[top]) == hpa && attributes[top] == attribute;
        }

        private void resize(int length) {
            firsts = Arrays.copyOf(firsts, length);
            lasts = Arrays.copyOf(lasts, length);
            hpas = Arrays.copyOf(hpas, length);
            attributes = Arrays.copyOf(attributes, length);
        }

        Intervals build() {
            resize(size);
            return new Intervals(firsts, lasts, hpas, attributes);
        }
    }
}

package org.cupule.hv.sim;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import org.cupule.ram.Ram;
import org.jspecify.annotations.Nullable;

/**
 * The backings of a partition by host physical address: an immutable snapshot, searched without a lock.
 *
 * @threading immutable
 */
final class HostMemory {
    static final HostMemory EMPTY = new HostMemory(new Ram[0]);

    private final Ram[] backings;
    private final long[] bases;

    private HostMemory(Ram[] sorted) {
        this.backings = sorted;
        this.bases = Arrays.stream(sorted).mapToLong(Ram::hpa).toArray();
    }

    /** {@return these backings and one more, once each} */
    HostMemory with(Ram ram) {
        return Arrays.asList(backings).contains(ram) ? this : of(concat(backings, ram));
    }

    /** {@return only those of the backings that are in the list} */
    HostMemory only(List<Ram> used) {
        var kept = new HashSet<>(used);
        return of(Arrays.stream(backings).filter(kept::contains).toArray(Ram[]::new));
    }

    /**
     * Finds the backing of a whole page.
     *
     * @param page
     *            host physical address, a multiple of 4096
     * @return the backing, or null when no backing of this partition holds that page
     */
    @Nullable
    Ram find(long page) {
        int index = Arrays.binarySearch(bases, page);
        for (int i = index >= 0 ? index : -index - 2; i >= 0; i--) {
            // Backings that overlap are rare (two views of one mapping), so the first hit is the usual one.
            if (page - bases[i] <= backings[i].lengthBytes() - Ram.PAGE_BYTES) {
                return backings[i];
            }
        }
        return null;
    }

    int size() {
        return backings.length;
    }

    private static HostMemory of(Ram[] backings) {
        Ram[] sorted = backings.clone();
        Arrays.sort(sorted, Comparator.comparingLong(Ram::hpa));
        return new HostMemory(sorted);
    }

    private static Ram[] concat(Ram[] backings, Ram ram) {
        Ram[] more = Arrays.copyOf(backings, backings.length + 1);
        more[backings.length] = ram;
        return more;
    }
}

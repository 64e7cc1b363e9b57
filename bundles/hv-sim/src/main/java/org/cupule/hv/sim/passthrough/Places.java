package org.cupule.hv.sim.passthrough;

import java.util.Arrays;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.cupule.types.AddressSpace;
import org.cupule.types.IoRange;
import org.jspecify.annotations.Nullable;

/**
 * Where the regions of assigned devices lie in the guest: a short list, the newest first.
 *
 * @threading any thread: an immutable array behind a volatile field
 */
final class Places {
    /** What answers in a range. */
    interface Target {
        long read(int region, long offset, int size);

        void write(int region, long offset, int size, long value);
    }

    /**
     * One range.
     *
     * @param owner
     *            who placed it
     * @param region
     *            the target's region
     * @param offset
     *            where the range begins in the region
     * @threading immutable
     */
    record Place(IoRange range, Object owner, Target target, int region, long offset) {
        long read(long address, int size) {
            return target.read(region, offset + (address - range.first()), size);
        }

        void write(long address, int size, long value) {
            target.write(region, offset + (address - range.first()), size, value);
        }
    }

    private volatile Place[] places = {};

    synchronized void add(Place place) {
        places = Stream.concat(Stream.of(place), Arrays.stream(places)).toArray(Place[]::new);
    }

    synchronized void remove(Predicate<Place> which) {
        places = Arrays.stream(places).filter(which.negate()).toArray(Place[]::new);
    }

    boolean isEmpty() {
        return places.length == 0;
    }

    /** {@return the place that has all of an access; null for none} */
    @Nullable
    Place find(AddressSpace space, long address, int size) {
        for (Place place : places) {
            if (place.range.space() == space && place.range.contains(address, size)) {
                return place;
            }
        }
        return null;
    }

    /** {@return the places now} */
    Stream<Place> all() {
        return Arrays.stream(places);
    }
}

package org.cupule.hsm.impl.ioreq;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which owner has a range around an access: an immutable, sorted index of one address space.
 *
 * <p>
 * The ranges cut the space into elementary intervals, inside which the same ranges apply. Each interval that any range
 * covers lists its candidates, the newest first; the first that holds the whole access wins.
 *
 * <pre>
 *  older    |=============== A ===============|
 *  newer              |===== B =====|
 *  intervals|    A    |      BA     |    A    |       an access that begins in B and ends behind it goes to A
 * </pre>
 *
 * <p>
 * An access has at most 8 bytes, so a candidate that reaches 7 bytes behind its interval answers every access that
 * begins there, and what is older is left out; so is a candidate that ends no later than a newer one. At most 8 remain,
 * however many ranges overlap. A change copies the arrays and sorts only the ranges that overlap it: its cost is linear
 * with a small factor, so ten thousand ranges can be added one by one.
 *
 * <p>
 * Addresses are unsigned; the arrays hold them with the top bit flipped, so that a signed comparison is right.
 *
 * @param <O>
 *            the owners
 * @threading immutable
 */
final class RangeIndex<O> {
    /** The largest access in bytes. */
    static final int MAX_ACCESS_BYTES = 8;

    private static final Claim<?>[] NONE = {};
    private static final Claim<?>[][] NO_CANDIDATES = {};

    private final Claim<?>[] claims;
    private final long[] firsts;
    private final long[] lasts;
    private final Claim<?>[][] candidates;

    private RangeIndex(Claim<?>[] claims, long[] firsts, long[] lasts, Claim<?>[][] candidates) {
        this.claims = claims;
        this.firsts = firsts;
        this.lasts = lasts;
        this.candidates = candidates;
    }

    /** {@return an index without ranges} */
    static <O> RangeIndex<O> empty() {
        return new RangeIndex<>(NONE, new long[0], new long[0], NO_CANDIDATES);
    }

    /** Flips the top bit, so that unsigned order becomes signed order; its own inverse. */
    static long flip(long address) {
        return address ^ Long.MIN_VALUE;
    }

    /** {@return the number of ranges} */
    int size() {
        return claims.length;
    }

    /** {@return this index with one more range} */
    RangeIndex<O> with(Claim<O> claim) {
        Claim<?>[] more = Arrays.copyOf(claims, claims.length + 1);
        more[claims.length] = claim;
        return changed(more, claim);
    }

    /** {@return this index without a range, found by identity; this index when it is not there} */
    RangeIndex<O> without(Claim<O> claim) {
        for (int i = 0; i < claims.length; i++) {
            if (claims[i] == claim) {
                Claim<?>[] fewer = new Claim<?>[claims.length - 1];
                System.arraycopy(claims, 0, fewer, 0, i);
                System.arraycopy(claims, i + 1, fewer, i, fewer.length - i);
                return changed(fewer, claim);
            }
        }
        return this;
    }

    /**
     * Finds the interval that an address lies in.
     *
     * @return its number, or the complement of the number of the first interval behind the address
     */
    int interval(long address) {
        long key = flip(address);
        int behind = behind(key);
        return behind > 0 && key <= lasts[behind - 1] ? behind - 1 : ~behind;
    }

    /** {@return the number of intervals that begin at or before a key}: one array, so that few cache lines are read */
    private int behind(long key) {
        int low = 0;
        int high = firsts.length;
        while (low < high) {
            int middle = low + high >>> 1;
            if (firsts[middle] <= key) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** {@return the owner of the newest range around the access, which begins in this interval; null for none} */
    @Nullable
    O owner(int interval, long lastByte) {
        long key = flip(lastByte);
        for (Claim<?> claim : candidates[interval]) {
            if (key <= claim.lastKey) {
                return cast(claim.owner);
            }
        }
        return null;
    }

    /** {@return the owner of the newest range around an access of 1 to 8 bytes; null for none} */
    @Nullable
    O find(long address, int size) {
        long lastByte = address + size - 1;
        int interval = interval(address);
        return interval < 0 || flip(lastByte) < flip(address) ? null : owner(interval, lastByte);
    }

    /** {@return the first address of an interval} */
    long first(int interval) {
        return flip(firsts[interval]);
    }

    /** {@return the last address of an interval} */
    long last(int interval) {
        return flip(lasts[interval]);
    }

    /** {@return the newest owner of an interval: its answer for accesses up to {@link #newestEnd}} */
    O newest(int interval) {
        return cast(candidates[interval][0].owner);
    }

    /** {@return the last address of the newest range of an interval} */
    long newestEnd(int interval) {
        return flip(candidates[interval][0].lastKey);
    }

    /** {@return the first address of the gap before the interval of this number} */
    long gapFirst(int behind) {
        return behind == 0 ? 0 : flip(lasts[behind - 1]) + 1;
    }

    /** {@return the last address of the gap before the interval of this number} */
    long gapLast(int behind) {
        return behind == firsts.length ? -1 : flip(firsts[behind]) - 1;
    }

    /** {@return the number of intervals} */
    int intervals() {
        return firsts.length;
    }

    @SuppressWarnings("unchecked") // only claims of O get in
    private O cast(Object owner) {
        return (O) owner;
    }

    /**
     * Cuts anew what a change touches. The window reaches to the far edges of the intervals that the change overlaps or
     * borders on: these edges belong to other ranges, so no edge of a removed range is left behind.
     */
    private RangeIndex<O> changed(Claim<?>[] now, Claim<O> change) {
        int low = lowest(change.firstKey == Long.MIN_VALUE ? change.firstKey : change.firstKey - 1);
        int high = behind(change.lastKey == Long.MAX_VALUE ? change.lastKey : change.lastKey + 1) - 1;
        long from = low <= high ? Math.min(change.firstKey, firsts[low]) : change.firstKey;
        long to = low <= high ? Math.max(change.lastKey, lasts[high]) : change.lastKey;
        Sweep sweep = new Sweep(from, to);
        for (Claim<?> claim : now) {
            if (claim.firstKey <= to && claim.lastKey >= from) {
                sweep.add(claim);
            }
        }
        return spliced(now, low, Math.max(high + 1, low), sweep.cut());
    }

    /** {@return the first interval that ends at or behind a key} */
    private int lowest(long key) {
        int low = 0;
        int high = lasts.length;
        while (low < high) {
            int middle = low + high >>> 1;
            if (lasts[middle] < key) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private RangeIndex<O> spliced(Claim<?>[] now, int keepUntil, int keepFrom, List<Interval> middle) {
        int tail = firsts.length - keepFrom;
        int length = keepUntil + middle.size() + tail;
        long[] newFirsts = new long[length];
        long[] newLasts = new long[length];
        Claim<?>[][] newCandidates = new Claim<?>[length][];
        copy(0, newFirsts, newLasts, newCandidates, 0, keepUntil);
        int at = keepUntil;
        for (Interval interval : middle) {
            newFirsts[at] = interval.firstKey;
            newLasts[at] = interval.lastKey;
            newCandidates[at++] = interval.candidates;
        }
        copy(keepFrom, newFirsts, newLasts, newCandidates, at, tail);
        return new RangeIndex<>(now, newFirsts, newLasts, newCandidates);
    }

    private void copy(int from, long[] toFirsts, long[] toLasts, Claim<?>[][] toCandidates, int to, int length) {
        System.arraycopy(firsts, from, toFirsts, to, length);
        System.arraycopy(lasts, from, toLasts, to, length);
        System.arraycopy(candidates, from, toCandidates, to, length);
    }

    /**
     * One registered range.
     *
     * @param <O>
     *            the owner
     * @threading immutable
     */
    static final class Claim<O> {
        /** Newest first: by the age of the owner, then by the age of the range ({@code hsm.md} 7.6). */
        private static final Comparator<Claim<?>> NEWEST_FIRST = Comparator
                .<Claim<?>>comparingLong(claim -> claim.ownerOrder).thenComparingLong(claim -> claim.order).reversed();

        private final long firstKey;
        private final long lastKey;
        private final long ownerOrder;
        private final long order;
        private final O owner;

        /**
         * Makes a claim.
         *
         * @param ownerOrder
         *            higher for newer owners
         * @param order
         *            higher for newer ranges; unique
         */
        Claim(long first, long last, long ownerOrder, long order, O owner) {
            this.firstKey = flip(first);
            this.lastKey = flip(last);
            this.ownerOrder = ownerOrder;
            this.order = order;
            this.owner = owner;
        }
    }

    private record Interval(long firstKey, long lastKey, Claim<?>[] candidates) {
    }

    /** Cuts a window, both ends inclusive, into elementary intervals. */
    private static final class Sweep {
        private final long from;
        private final long to;
        private final List<Claim<?>> starts = new ArrayList<>();
        private final TreeSet<Claim<?>> active = new TreeSet<>(Claim.NEWEST_FIRST);
        private final List<Interval> intervals = new ArrayList<>();

        Sweep(long from, long to) {
            this.from = from;
            this.to = to;
        }

        void add(Claim<?> claim) {
            starts.add(claim);
        }

        List<Interval> cut() {
            List<Claim<?>> ends = new ArrayList<>(starts);
            starts.sort(Comparator.comparingLong(claim -> claim.firstKey));
            ends.sort(Comparator.comparingLong(claim -> claim.lastKey));
            int started = 0;
            int ended = 0;
            long at = from;
            while (true) {
                while (started < starts.size() && starts.get(started).firstKey <= at) {
                    active.add(starts.get(started++));
                }
                while (ended < ends.size() && ends.get(ended).lastKey < at) {
                    active.remove(ends.get(ended++));
                }
                long last = Math.min(to, started < starts.size() ? starts.get(started).firstKey - 1 : to);
                last = Math.min(last, ended < ends.size() ? ends.get(ended).lastKey : to);
                if (!active.isEmpty()) {
                    intervals.add(new Interval(at, last, candidates(last)));
                }
                if (last == to) {
                    return intervals;
                }
                at = last + 1;
            }
        }

        /** {@return those of the active claims that can win an access which begins in an interval with this end} */
        private Claim<?>[] candidates(long last) {
            long enough = last > Long.MAX_VALUE - (MAX_ACCESS_BYTES - 1)
                    ? Long.MAX_VALUE
                    : last + MAX_ACCESS_BYTES - 1;
            List<Claim<?>> chosen = new ArrayList<>(2);
            for (Claim<?> claim : active) {
                if (chosen.isEmpty() || claim.lastKey > chosen.getLast().lastKey) {
                    chosen.add(claim);
                    if (claim.lastKey >= enough) {
                        break;
                    }
                }
            }
            return chosen.toArray(NONE);
        }
    }
}

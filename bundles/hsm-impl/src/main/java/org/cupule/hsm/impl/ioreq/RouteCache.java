package org.cupule.hsm.impl.ioreq;

import org.cupule.abi.IoRequestPage;
import org.jspecify.annotations.Nullable;

/**
 * The last answer of the range search for one vCPU. It holds for a whole interval, or for a whole gap between ranges,
 * and as long as the routes are the very same object: so nothing ever has to be invalidated.
 *
 * @threading confined to whoever has claimed the vCPU's slot
 */
final class RouteCache {
    private @Nullable Routes seen;
    private int seenType;
    private long first;
    private long span;
    private long reach;
    private @Nullable Client client;

    /**
     * Finds the client of an access.
     *
     * @param type
     *            the slot's type word
     * @param size
     *            1 to 8
     * @return the client; null when no range is around the access and there is no default client
     */
    @Nullable
    Client find(Routes routes, int type, long address, int size) {
        long offset = address - first;
        if (routes == seen && type == seenType && Long.compareUnsigned(offset, span) <= 0
                && Long.compareUnsigned(offset + size - 1, reach) <= 0) {
            return client;
        }
        return search(routes, type, address, size);
    }

    private @Nullable Client search(Routes routes, int type, long address, int size) {
        // Only ports and memory have ranges: configuration space always goes to the default client (hsm.md 7.6).
        if (type != IoRequestPage.PORTIO && type != IoRequestPage.MMIO) {
            return routes.fallback();
        }
        RangeIndex<Client> index = type == IoRequestPage.PORTIO ? routes.ports() : routes.memory();
        long end = address + size - 1;
        if (Long.compareUnsigned(end, address) < 0) {
            return routes.fallback();
        }
        int interval = index.interval(address);
        if (interval < 0) {
            long gapFirst = index.gapFirst(~interval);
            // An access that begins in a gap is inside no range, wherever it ends.
            remember(routes, type, gapFirst, index.gapLast(~interval), -1 - gapFirst, routes.fallback());
            return routes.fallback();
        }
        long intervalFirst = index.first(interval);
        // Not at the very end of the space, where the sum in find() would wrap.
        if (Long.compareUnsigned(index.last(interval), -RangeIndex.MAX_ACCESS_BYTES) <= 0) {
            remember(routes, type, intervalFirst, index.last(interval), index.newestEnd(interval) - intervalFirst,
                    index.newest(interval));
        }
        Client owner = index.owner(interval, end);
        return owner == null ? routes.fallback() : owner;
    }

    private void remember(Routes routes, int type, long from, long to, long bytes, @Nullable Client who) {
        seen = routes;
        seenType = type;
        first = from;
        span = to - from;
        reach = bytes;
        client = who;
    }
}

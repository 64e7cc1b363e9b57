package org.cupule.tck.client;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.cupule.types.IoRange;

/**
 * The client that is looked at.
 *
 * @param fresh
 *            makes one that has served nobody
 * @param ranges
 *            what it asks for, at least one
 * @param threaded
 *            whether it has a thread of its own in each VM, so that its handler is never called by two at once
 * @param deadline
 *            what one call may take
 * @threading immutable
 */
public record ClientSubject(Supplier<IoRequestClient> fresh, List<IoRange> ranges, boolean threaded,
        Duration deadline) {
    /** Copies the list. */
    public ClientSubject {
        ranges = List.copyOf(ranges);
        if (ranges.isEmpty()) {
            throw new IllegalArgumentException("a client without ranges is never asked anything");
        }
    }
}

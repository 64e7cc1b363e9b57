package org.cupule.hsm.ioreq;

import java.util.List;
import org.cupule.types.IoRange;

/**
 * A client as people see it.
 *
 * @param name
 *            its name
 * @param form
 *            {@code inline}, {@code threaded}, {@code default inline} or {@code default attach}
 * @param ranges
 *            its ranges, newest first
 * @param requests
 *            how many requests it has answered
 * @param failures
 *            how many its handler failed to answer
 * @threading immutable
 */
public record ClientInfo(String name, String form, List<IoRange> ranges, long requests, long failures) {
    /** Copies the list. */
    public ClientInfo {
        ranges = List.copyOf(ranges);
    }
}

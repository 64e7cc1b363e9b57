package org.cupule.swap;

import java.time.Instant;
import java.util.List;

/**
 * A thread that is inside a plug-in and that nobody waits for any more: the guest goes on without it. Java cannot end
 * such a thread.
 *
 * @param where
 *            what it was to do: the target, or the plug-in, and the call
 * @param thread
 *            its name
 * @param since
 *            when it was given up
 * @param stack
 *            where it is now, innermost call first
 * @threading immutable
 */
public record StuckThread(String where, String thread, Instant since, List<String> stack) {
    /** Copies the list. */
    public StuckThread {
        stack = List.copyOf(stack);
    }
}

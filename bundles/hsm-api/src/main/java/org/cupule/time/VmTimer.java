package org.cupule.time;

import org.osgi.annotation.versioning.ProviderType;

/**
 * A one-shot timer on a {@link VmClock}. Arming again replaces the deadline.
 *
 * @threading any thread
 */
@ProviderType
public interface VmTimer {
    /** The deadline of a timer that is not armed. */
    long NEVER = Long.MAX_VALUE;

    /** Arms at an absolute VM time in nanoseconds; one in the past fires as soon as possible. */
    void arm(long deadlineNanos);

    /** Disarms: after the return the action is not started any more (one already running may still finish). */
    void disarm();

    /** {@return the deadline in VM nanoseconds, or {@link #NEVER}} */
    long deadline();
}

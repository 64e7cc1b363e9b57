package org.cupule.time;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The time of one VM: nanoseconds since its first start, standing still while the VM is paused or in rendezvous. TSC,
 * LAPIC timer, PIT, PM timer, RTC and HPET all read this clock, so they never drift apart.
 *
 * <p>
 * Modes: {@code host} follows the host's monotonic clock; {@code deterministic} is a pure function of the number of
 * retired instructions.
 *
 * @threading any thread
 */
@ProviderType
public interface VmClock {
    /** {@return nanoseconds of VM time; never decreases} */
    long nanos();

    /** {@return seconds since the epoch at VM time zero: what an RTC starts from} */
    long epochSeconds();

    /**
     * Arms a timer at an absolute VM time. The action is called once, at or after the deadline, on the owner's thread
     * as the maker of the timer was promised (devices: inside their gate).
     *
     * @param action
     *            what to do when the deadline has come
     * @return an unarmed timer
     */
    VmTimer timer(Runnable action);

    /**
     * {@return {@code ticks} of a counter of this frequency at a time in nanoseconds, without overflow in 146 years}
     */
    static long ticks(long nanos, long hertz) {
        long high = Math.multiplyHigh(nanos, hertz);
        long low = nanos * hertz;
        if (high == 0 && low >= 0) {
            return low / 1_000_000_000L;
        }
        return nanos / 1_000_000_000L * hertz + nanos % 1_000_000_000L * hertz / 1_000_000_000L;
    }

    /** {@return the first time in nanoseconds at which a counter of this frequency reaches {@code ticks}} */
    static long nanosAt(long ticks, long hertz) {
        long seconds = ticks / hertz;
        return seconds * 1_000_000_000L + Math.ceilDiv((ticks % hertz) * 1_000_000_000L, hertz);
    }
}

package org.cupule.hw.lapic;

/**
 * What an APIC has counted: for a person who wonders where the interrupts are, or how well the host keeps up.
 *
 * @threading confined to the vCPU's thread
 */
final class Counters {
    /** Interrupts taken, by vector. */
    final long[] accepted = new long[256];
    /** Taken while the same vector was requested already. */
    long merged;
    /** Ends of interrupt. */
    long ended;
    /** Interprocessor interrupts sent, those to itself included. */
    long sent;
    /** Expiries of the timer. */
    long expired;
    /** Periods of the timer that the host was too late for. */
    long missed;

    void expired(long times) {
        expired += times;
        missed += times - 1;
    }

    @Override
    public String toString() {
        long sum = 0;
        for (long count : accepted) {
            sum += count;
        }
        return "%d interrupts taken (%d merged), %d ended, %d sent; timer expired %d times, %d of them too late"
                .formatted(sum, merged, ended, sent, expired, missed);
    }
}

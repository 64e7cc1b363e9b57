package org.cupule.fault;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * A fault that is wanted. When it strikes follows from its seed and the number of the chance alone: the same accesses
 * meet the same faults in each run.
 *
 * @param target
 *            a device, {@code vm1.com1}; for interrupts also one line of it, {@code vm1.com1/irq}
 * @param kind
 *            what fails
 * @param strikes
 *            it strikes at so many
 * @param of
 *            of so many chances, on average
 * @param seed
 *            chooses which
 * @param count
 *            how often it strikes at most
 * @param delayMicros
 *            by how much {@link FaultKind#DELAY} delays, in microseconds of the host
 * @param script
 *            when it is not empty: the numbers of the chances, from 1, at which it strikes, and for each a value: a
 *            mask to corrupt with, microseconds to delay by; 0 for what the fault would take else
 * @threading immutable
 */
public record FaultSpec(String target, FaultKind kind, long strikes, long of, long seed, long count, long delayMicros,
        SortedMap<Long, Long> script) {
    /** The longest delay, in microseconds: far below the time after which a call counts as stuck. */
    public static final long LONGEST_DELAY_MICROS = 1_000_000;

    /** Refuses what cannot be, with EINVAL. */
    public FaultSpec {
        script = Collections.unmodifiableSortedMap(new TreeMap<>(script));
        require(of > 0 && strikes > 0 && strikes <= of, "a rate of %d/%d: from 1/1 downwards".formatted(strikes, of));
        require(count > 0, "a count of %d: at least 1".formatted(count));
        require(within(delayMicros), "a delay of %d microseconds: 0 to %d".formatted(delayMicros,
                LONGEST_DELAY_MICROS));
        require(script.isEmpty() || script.firstKey() > 0, "a script begins with chance 1");
        require(kind != FaultKind.DELAY || script.values().stream().allMatch(FaultSpec::within),
                "a script delays by 0 to %d microseconds".formatted(LONGEST_DELAY_MICROS));
    }

    private static boolean within(long micros) {
        return micros >= 0 && micros <= LONGEST_DELAY_MICROS;
    }

    private static void require(boolean good, String sentence) {
        if (!good) {
            throw new HsmException(Errno.EINVAL, "fault", sentence);
        }
    }

    /** {@return a fault that strikes at each chance, without end} */
    public static FaultSpec of(String target, FaultKind kind) {
        return new FaultSpec(target, kind, 1, 1, 1, Long.MAX_VALUE, 1000, new TreeMap<>());
    }

    /** {@return the same at another rate} */
    public FaultSpec rate(long some, long ofAll) {
        return new FaultSpec(target, kind, some, ofAll, seed, count, delayMicros, script);
    }

    /** {@return the same with another seed} */
    public FaultSpec seed(long other) {
        return new FaultSpec(target, kind, strikes, of, other, count, delayMicros, script);
    }

    /** {@return the same, at most so often} */
    public FaultSpec count(long most) {
        return new FaultSpec(target, kind, strikes, of, seed, most, delayMicros, script);
    }

    /** {@return the same with another delay} */
    public FaultSpec delay(long micros) {
        return new FaultSpec(target, kind, strikes, of, seed, count, micros, script);
    }

    /** {@return the same by a script} */
    public FaultSpec script(SortedMap<Long, Long> chances) {
        return new FaultSpec(target, kind, strikes, of, seed, count, delayMicros, chances);
    }
}

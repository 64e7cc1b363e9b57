package org.cupule.machine.device;

import org.cupule.fault.FaultInjector.Fault;
import org.cupule.fault.FaultSpec;
import org.jspecify.annotations.Nullable;

/**
 * A fault in place, and how it decides.
 *
 * @threading any thread
 */
final class PlacedFault {
    private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

    private final int number;
    private final FaultSpec spec;
    /** Index of the only line it is for; negative for all. */
    private final int line;
    private long chances;
    private long strikes;

    PlacedFault(int number, FaultSpec spec, int line) {
        this.number = number;
        this.spec = spec;
        this.line = line;
    }

    int number() {
        return number;
    }

    FaultSpec spec() {
        return spec;
    }

    int line() {
        return line;
    }

    synchronized Fault info() {
        return new Fault(number, spec, chances, strikes);
    }

    /**
     * What a fault does once.
     *
     * @param value
     *            the script's, or a number of 63 bits, by chance, to take a value from
     * @param scripted
     *            whether the script says the value
     */
    record Strike(long value, boolean scripted) {
    }

    /** One more chance. @return null when it does not strike */
    synchronized @Nullable Strike strike() {
        long chance = ++chances;
        if (strikes >= spec.count()) {
            return null;
        }
        long drawn = mixed(spec.seed() + chance * GOLDEN);
        Long said = spec.script().get(chance);
        boolean struck = spec.script().isEmpty()
                ? Long.remainderUnsigned(drawn, spec.of()) < spec.strikes()
                : said != null;
        if (!struck) {
            return null;
        }
        strikes++;
        boolean scripted = said != null && said != 0;
        return new Strike(scripted ? said : mixed(drawn) & Long.MAX_VALUE, scripted);
    }

    /** A bijection that leaves no bit alone (the finisher of SplitMix64, published by Steele, Lea and Flood, 2014). */
    private static long mixed(long value) {
        long once = (value ^ value >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        long twice = (once ^ once >>> 27) * 0x94D0_49BB_1331_11EBL;
        return twice ^ twice >>> 31;
    }
}

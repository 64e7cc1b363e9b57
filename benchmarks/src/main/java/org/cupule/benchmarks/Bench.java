package org.cupule.benchmarks;

import java.util.Arrays;

/** The command {@code bench}: {@code ratios [GOAL...]}, or JMH with its options. */
public final class Bench {
    private Bench() {
    }

    /** Runs what the arguments name. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 0 && arguments[0].equals("ratios")) {
            Ratios.main(Arrays.copyOfRange(arguments, 1, arguments.length));
        } else {
            org.openjdk.jmh.Main.main(arguments);
        }
    }
}

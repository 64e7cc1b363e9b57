package org.cupule.tck.check;

/**
 * What a check found.
 *
 * @param result
 *            pass, fail, or that it says nothing about this device
 * @param sentence
 *            what was seen
 * @threading immutable
 */
public record Verdict(Result result, String sentence) {
    /** The results. */
    public enum Result {
        /** The device does what it must. */
        PASS,
        /** It does not. */
        FAIL,
        /** The device has nothing that the check looks at, or another check must pass first. */
        NOT_APPLICABLE
    }

    /** {@return a pass} */
    public static Verdict pass(String format, Object... values) {
        return new Verdict(Result.PASS, format.formatted(values));
    }

    /** {@return a failure} */
    public static Verdict fail(String format, Object... values) {
        return new Verdict(Result.FAIL, format.formatted(values));
    }

    /** {@return that the check does not apply} */
    public static Verdict notApplicable(String format, Object... values) {
        return new Verdict(Result.NOT_APPLICABLE, format.formatted(values));
    }

    /** {@return whether the device failed} */
    public boolean failed() {
        return result == Result.FAIL;
    }
}

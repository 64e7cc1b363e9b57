package org.cupule.tck.check;

/**
 * A check and what it found.
 *
 * @param check
 *            the check
 * @param verdict
 *            what it found
 * @threading immutable
 */
public record Finding(Check check, Verdict verdict) {
    /** {@return what to tell the vendor of a failure: what was seen, why it matters, where to look} */
    public String advice() {
        return "%s: %s%n  why:  %s%n  hint: %s".formatted(check.name(), verdict.sentence(), check.reason(),
                check.hint());
    }
}

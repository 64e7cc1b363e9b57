package org.cupule.tck.client;

import org.cupule.tck.check.Verdict;

/**
 * One thing that every client of I/O requests must do.
 *
 * @param name
 *            under which people ask for it: {@code vms-apart}
 * @param reason
 *            why it must, in a sentence
 * @param hint
 *            where to look when a client fails, in a sentence
 * @param body
 *            looks
 * @threading immutable
 */
public record ClientCheck(String name, String reason, String hint, Body body) {
    /** How a check looks at a client. */
    @FunctionalInterface
    public interface Body {
        /**
         * Looks.
         *
         * @throws Exception
         *             whatever the client throws: it fails then
         */
        Verdict look(ClientSubject subject) throws Exception;
    }

    /** {@return what to tell the vendor of a failure: what was seen, why it matters, where to look} */
    public String advice(Verdict verdict) {
        return "%s: %s%n  why:  %s%n  hint: %s".formatted(name, verdict.sentence(), reason, hint);
    }
}

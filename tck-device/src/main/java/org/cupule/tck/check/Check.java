package org.cupule.tck.check;

import java.util.List;

/**
 * One thing that every device must do.
 *
 * @param name
 *            under which people ask for it: {@code save-twice}
 * @param reason
 *            why it must, in a sentence
 * @param hint
 *            where to look when a device fails, in a sentence
 * @param needs
 *            names of checks that must not have failed: else this one would only say the same again
 * @param body
 *            looks
 * @threading immutable
 */
public record Check(String name, String reason, String hint, List<String> needs, Body body) {
    /** Copies the list. */
    public Check {
        needs = List.copyOf(needs);
    }

    /** How a check looks at a device. */
    @FunctionalInterface
    public interface Body {
        /**
         * Looks.
         *
         * @throws Exception
         *             whatever the device throws: it fails then
         */
        Verdict look(Subject subject) throws Exception;
    }
}

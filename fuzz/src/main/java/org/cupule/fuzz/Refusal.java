package org.cupule.fuzz;

import org.cupule.types.HsmException;

/** What a refusal must be like. */
final class Refusal {
    private Refusal() {
    }

    /** Fails when there is no sentence. */
    static void check(HsmException refused) {
        if (refused.getMessage() == null || refused.getMessage().isBlank()) {
            throw new AssertionError("a refusal without a sentence", refused);
        }
    }
}

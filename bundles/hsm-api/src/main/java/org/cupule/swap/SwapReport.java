package org.cupule.swap;

import org.cupule.types.ModelInfo;

/**
 * What a committed swap did.
 *
 * @param target
 *            the target's name
 * @param from
 *            the model before
 * @param to
 *            the model now
 * @param stateKind
 *            kind of the state that was carried over
 * @param stateVersion
 *            version of the state that was carried over
 * @param stateFields
 *            number of its fields
 * @param pauseNanos
 *            host time from the beginning of quiescing to the commit: the most that the guest could notice
 * @param waiting
 *            how many requests arrived in between, and were served afterwards
 * @threading immutable
 */
public record SwapReport(String target, ModelInfo from, ModelInfo to, String stateKind, int stateVersion,
        int stateFields, long pauseNanos, int waiting) {
}

package org.cupule.machine;

import java.util.List;

/**
 * What a machine needs, and what of it is there: told before anything is made.
 *
 * @param needs
 *            the hypervisor, the hardware models, the devices in the order of the VM file, then whatever else is wrong
 * @threading immutable
 */
public record Explanation(List<Need> needs) {
    /** How a need is met. */
    public enum Verdict {
        /** By the only thing that does, or the one that was asked for. */
        MET,
        /** By the preferred one of several; the machine's description may name another. */
        CHOSEN,
        /** By several that nobody can tell apart; one of them is taken. */
        AMBIGUOUS,
        /** Not at all: the machine cannot be made. */
        MISSING
    }

    /**
     * One need.
     *
     * @param place
     *            the field of the description that has it, as {@code devices[2]} or {@code models.ept}
     * @param wanted
     *            what is needed, as people call it
     * @param verdict
     *            whether it is there
     * @param sentence
     *            what meets it; or what is wrong and what to do about it
     * @threading immutable
     */
    public record Need(String place, String wanted, Verdict verdict, String sentence) {
    }

    /** Copies the list. */
    public Explanation {
        needs = List.copyOf(needs);
    }

    /** {@return whether the machine can be made} */
    public boolean met() {
        return needs.stream().noneMatch(need -> need.verdict() == Verdict.MISSING);
    }
}

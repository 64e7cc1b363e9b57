package org.cupule.hsm.impl.ioreq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZI_Result;

/** A client answers while a reset takes the request away: one of the two has it, and the slot ends as dropped. */
@JCStressTest
@Outcome(id = "true, false, 6", expect = ACCEPTABLE, desc = "answered first")
@Outcome(id = "false, true, 6", expect = ACCEPTABLE, desc = "dropped first, the answer is refused")
@Outcome(expect = FORBIDDEN, desc = "both or neither")
@State
public class AnswerDropRace {
    private final Slot slot = new Slot(0);
    private final long generation = slot.claim();

    /** With its client from the beginning. */
    public AnswerDropRace() {
        slot.handedOver(generation);
    }

    /** The client. */
    @Actor
    public void answer(ZZI_Result result) {
        result.r1 = slot.beginAnswer(generation);
        if (result.r1) {
            slot.answered(generation);
        }
    }

    /** The reset. */
    @Actor
    public void reset(ZZI_Result result) {
        result.r2 = slot.drop();
    }

    /** The phase in the end. */
    @Arbiter
    public void end(ZZI_Result result) {
        result.r3 = slot.phase();
    }
}

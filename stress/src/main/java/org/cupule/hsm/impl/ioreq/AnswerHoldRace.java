package org.cupule.hsm.impl.ioreq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** A reset begins and is refused while a client answers: the answer waits, and counts. */
@JCStressTest
@Outcome(id = "true, 0", expect = ACCEPTABLE, desc = "answered, idle")
@Outcome(expect = FORBIDDEN, desc = "an answer was lost, or the slot stays held")
@State
public class AnswerHoldRace {
    private final Slot slot = new Slot(0);
    private final long generation = slot.claim();

    /** With its client from the beginning. */
    public AnswerHoldRace() {
        slot.handedOver(generation);
    }

    /** The client. */
    @Actor
    public void answer(ZI_Result result) {
        result.r1 = slot.beginAnswer(generation);
        slot.answered(generation);
    }

    /** The reset that the hypervisor refuses. */
    @Actor
    public void reset() {
        slot.hold();
        slot.unhold();
    }

    /** The phase in the end. */
    @Arbiter
    public void end(ZI_Result result) {
        result.r2 = slot.phase();
    }
}

package org.cupule.hsm.impl.ioreq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Two dispatchers see the same posted request: one gets it. */
@JCStressTest
@Outcome(id = {"true, false", "false, true"}, expect = ACCEPTABLE, desc = "one claimed it")
@Outcome(expect = FORBIDDEN, desc = "served twice, or by nobody")
@State
public class ClaimRace {
    private final Slot slot = new Slot(0);

    /** The vCPU's own thread. */
    @Actor
    public void vcpu(ZZ_Result result) {
        result.r1 = slot.claim() != 0;
    }

    /** Who looks again after a change of the routes. */
    @Actor
    public void other(ZZ_Result result) {
        result.r2 = slot.claim() != 0;
    }
}

package org.cupule.hv.sim;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** A thread comes back from its upcall while its vCPU is taken away, and goes on into an upcall of a fresh thread. */
@JCStressTest
@Outcome(id = "true, 2", expect = ACCEPTABLE, desc = "it came back in time")
@Outcome(id = "false, 1", expect = ACCEPTABLE, desc = "it was turned away, and the fresh one goes on")
@Outcome(expect = FORBIDDEN, desc = "both have the vCPU, or none has")
@State
public class ComeBackRace {
    private final Presence presence = new Presence();
    private final int inside = presence.enterUpcall();

    /** The thread that was away. */
    @Actor
    public void comeBack(ZI_Result result) {
        result.r1 = presence.leaveUpcall(inside);
    }

    /** Who takes the vCPU away, and the fresh thread. */
    @Actor
    public void goOn(ZI_Result result) {
        result.r2 = presence.takeAway() ? next() : 2;
    }

    private int next() {
        presence.enterHost();
        return presence.leaveUpcall(presence.enterUpcall()) ? 1 : 0;
    }
}

package org.cupule.hsm.impl.ioreq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.lang.foreign.MemorySegment;
import org.cupule.abi.IoRequestPage;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IJ_Result;

/** Who sees COMPLETE sees the value. */
@JCStressTest
@Outcome(id = "1, 42", expect = ACCEPTABLE, desc = "complete, with its value")
@Outcome(id = {"2, 0", "2, 42"}, expect = ACCEPTABLE, desc = "not yet complete")
@Outcome(expect = FORBIDDEN, desc = "a stale value")
@State
public class PageRace {
    private final IoRequestPage page = new IoRequestPage(MemorySegment.ofArray(new int[1024]));

    /** A request that is with its client. */
    public PageRace() {
        page.state(0, IoRequestPage.PROCESSING);
    }

    /** The completer. */
    @Actor
    public void complete() {
        page.value(0, 42);
        page.state(0, IoRequestPage.COMPLETE);
    }

    /** The vCPU. */
    @Actor
    public void take(IJ_Result result) {
        result.r1 = page.state(0);
        result.r2 = page.value(0);
    }
}

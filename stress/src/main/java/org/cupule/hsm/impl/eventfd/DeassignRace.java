package org.cupule.hsm.impl.eventfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** A counter is signalled while its irqfd is deassigned: nothing is injected after the return. */
@JCStressTest
@Outcome(id = "true", expect = ACCEPTABLE, desc = "no injection after the deassign")
@Outcome(expect = FORBIDDEN, desc = "an injection after the deassign")
@State
public class DeassignRace {
    private final Board board = new Board();

    /** The irqfd is there. */
    public DeassignRace() {
        board.irqFds.assign(board.counter, Board.MESSAGE);
    }

    /** Who deassigns. */
    @Actor
    public void deassign(Z_Result result) {
        board.irqFds.deassign(board.counter);
        int then = board.injected.get();
        Thread.yield();
        result.r1 = then == board.injected.get();
    }

    /** Who signals. */
    @Actor
    public void signal() {
        board.counter.signal();
    }
}

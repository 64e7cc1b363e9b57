package org.cupule.hsm.impl.eventfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A counter hangs up while its irqfd is deassigned and the VM ends: it ends once, without trouble. */
@JCStressTest
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "gone")
@Outcome(expect = FORBIDDEN, desc = "still listed, or an injection")
@State
public class HangUpDeassignRace {
    private final Board board = new Board();

    /** The irqfd is there. */
    public HangUpDeassignRace() {
        board.irqFds.assign(board.counter, Board.MESSAGE);
    }

    /** Whose counter it is. */
    @Actor
    public void hangUp() {
        board.counter.close();
    }

    /** Who deassigns, then destroys the VM. */
    @Actor
    public void deassign() {
        board.irqFds.deassign(board.counter);
        board.irqFds.close();
    }

    /** What is left. */
    @Arbiter
    public void look(II_Result result) {
        result.r1 = board.irqFds.infos().size();
        result.r2 = board.injected.get();
    }
}

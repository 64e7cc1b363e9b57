package org.cupule.hsm.impl.eventfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** An irqfd is assigned and deassigned at once: afterwards it is listed and injects, or neither. */
@JCStressTest
@Outcome(id = {"0, 0", "1, 1"}, expect = ACCEPTABLE, desc = "listed and injecting, or neither")
@Outcome(expect = FORBIDDEN, desc = "listed without injecting, or injecting without being listed")
@State
public class AssignDeassignRace {
    private final Board board = new Board();

    /** Who assigns. */
    @Actor
    public void assign() {
        board.irqFds.assign(board.counter, Board.MESSAGE);
    }

    /** Who deassigns. */
    @Actor
    public void deassign() {
        board.irqFds.deassign(board.counter);
    }

    /** What is listed, and what a signal injects. */
    @Arbiter
    public void look(II_Result result) {
        board.counter.signal();
        result.r1 = board.irqFds.infos().size();
        result.r2 = board.injected.get();
    }
}

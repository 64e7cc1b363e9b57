package org.cupule.host;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** A counter is signalled while a listener comes: it hears of the signal, or of the count, but not of both. */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "heard once")
@Outcome(expect = FORBIDDEN, desc = "lost, or heard twice")
@State
public class ListenRace {
    private final EventFd counter = LocalEventFd.create(0);
    private final AtomicInteger heard = new AtomicInteger();

    /** Who listens. */
    @Actor
    public void listen() {
        counter.listen(heard::incrementAndGet);
    }

    /** Who signals. */
    @Actor
    public void signal() {
        counter.signal();
    }

    /** How often it was heard. */
    @Arbiter
    public void look(I_Result result) {
        result.r1 = heard.get();
    }
}

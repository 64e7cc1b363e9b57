package org.cupule.host;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** A counter is signalled while a listener ends: once the end has returned, the listener is not called any more. */
@JCStressTest
@Outcome(id = "false", expect = ACCEPTABLE, desc = "the listener was called before the end, or not at all")
@Outcome(expect = FORBIDDEN, desc = "the listener was called after its end")
@State
public class SubscriptionEndRace {
    private final EventFd counter = LocalEventFd.create(0);
    private final EventSubscription listening = counter.listen(this::heard);
    private volatile boolean ended;
    private volatile boolean late;

    private void heard() {
        late = ended;
    }

    /** Who listens. */
    @Actor
    public void end() {
        listening.close();
        ended = true;
    }

    /** Who signals. */
    @Actor
    public void signal(Z_Result result) {
        counter.signal();
        result.r1 = late;
    }
}

package org.cupule.hsm.impl.ioreq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.lang.foreign.MemorySegment;
import org.cupule.abi.IoRequestPage;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;

/** A request is handed over while the attached client falls asleep: it is woken. */
@JCStressTest(Mode.Termination)
@Outcome(id = "TERMINATED", expect = ACCEPTABLE, desc = "attach returned")
@Outcome(id = "STALE", expect = FORBIDDEN, desc = "a wake-up was lost")
@State
public class AttachRace {
    private final Slots slots = new Slots(1);
    private final AttachedClient client = new AttachedClient(Registries.of(slots),
            new IoRequestPage(MemorySegment.ofArray(new int[1024])));

    /** The client. */
    @Actor
    public void attach() throws InterruptedException {
        client.attach();
    }

    /** The dispatcher. */
    @Signal
    public void serve() {
        client.taken(0);
        client.serve(slots.slot(0), 1);
    }
}

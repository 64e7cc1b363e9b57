package org.cupule.hsm.impl.ioreq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.lang.foreign.MemorySegment;
import org.cupule.abi.IoRequestPage;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** Bits of different vCPUs are set and cleared at once: the one that was set stays. */
@JCStressTest
@Outcome(id = "true", expect = ACCEPTABLE, desc = "the request of vCPU 1 is pending")
@Outcome(expect = FORBIDDEN, desc = "a bit was lost")
@State
public class BitsRace {
    private final Slots slots = new Slots(3);
    private final AttachedClient client = new AttachedClient(Registries.of(slots),
            new IoRequestPage(MemorySegment.ofArray(new int[1024])));

    /** vCPU 0 has a request. */
    public BitsRace() {
        client.adopt(0);
    }

    /** A dispatcher. */
    @Actor
    public void serve() {
        client.adopt(1);
    }

    /** A completer. */
    @Actor
    public void answered() {
        client.dropped(0);
    }

    /** Attach returns at once while anything is pending, and fails when interrupted while nothing is. */
    @Arbiter
    public void end(Z_Result result) {
        Thread.currentThread().interrupt();
        try {
            client.attach();
            result.r1 = true;
        } catch (InterruptedException nothing) {
            result.r1 = false;
        } finally {
            Thread.interrupted();
        }
    }
}

package org.cupule.hsm.impl.ioreq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.cupule.abi.IoRequestPage;
import org.cupule.types.IoRange;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** A client is closed while a request is dispatched: once close has returned, its handler is not inside any more. */
@JCStressTest
@Outcome(id = "false", expect = ACCEPTABLE, desc = "the handler ran before the end of close, or not at all")
@Outcome(expect = FORBIDDEN, desc = "the handler ran after close had returned")
@State
public class RemovalRace {
    private final Slots slots = new Slots(1);
    private final ClientRegistry registry = Registries.of(slots);
    private final InlineClient client = new InlineClient("device", access -> 0, false, registry, null);
    private volatile boolean closed;

    /** The client has the range. */
    public RemovalRace() {
        registry.add(client);
        registry.add(client, IoRange.ports(0x60, 4));
    }

    /** The owner of the client. */
    @Actor
    public void close() {
        client.close();
        closed = true;
    }

    /** The dispatcher's steps, with a look at the flag where the handler would be. */
    @Actor
    public void dispatch(Z_Result result) {
        Slot slot = slots.slot(0);
        long generation = slot.claim();
        Client found = slot.cache.find(registry.routes(), IoRequestPage.PORTIO, 0x61, 1);
        if (found == null) {
            slot.release(generation);
            return;
        }
        slot.servedBy(found, Thread.currentThread());
        slot.handedOver(generation);
        result.r1 = closed;
        slot.beginAnswer(generation);
        slot.answered(generation);
    }
}

package org.cupule.host;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The last handle, a listener and a signaller end at once: the counter is released once, and hung up at most once. */
@JCStressTest
@Outcome(id = {"1, 0",
        "1, 1"}, expect = ACCEPTABLE, desc = "released once; the listener ended first, or heard the hang-up")
@Outcome(expect = FORBIDDEN, desc = "not released, released twice, or hung up twice")
@State
public class ReferenceRace implements EventCounter {
    private final AtomicInteger released = new AtomicInteger();
    private final AtomicInteger hangUps = new AtomicInteger();
    private final EventFd handle = SharedEventFd.first(this);
    private final EventFd.Signaller signaller = handle.signaller();
    private final EventSubscription listening = handle.onHangUp(hangUps::incrementAndGet);

    /** Whose handle it is. */
    @Actor
    public void closeHandle() {
        handle.close();
    }

    /** Who listens, and signals. */
    @Actor
    public void endListenerAndSignaller() {
        listening.close();
        signaller.close();
    }

    /** What was counted. */
    @Arbiter
    public void look(II_Result result) {
        result.r1 = released.get();
        result.r2 = hangUps.get();
    }

    @Override
    public void add(long count) {
        throw new UnsupportedOperationException("nobody adds");
    }

    @Override
    public void signal() {
        throw new UnsupportedOperationException("nobody signals");
    }

    @Override
    public long take() {
        return 0;
    }

    @Override
    public void watch(EventSubscription subscription) {
        // Nobody signals.
    }

    @Override
    public void unwatch(EventSubscription subscription) {
        // Nobody signals.
    }

    @Override
    public Optional<Descriptor> descriptor() {
        return Optional.empty();
    }

    @Override
    public void release() {
        released.incrementAndGet();
    }
}

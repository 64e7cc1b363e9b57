package org.cupule.hsm.impl.ioreq;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.cupule.abi.IoRequestPage;
import org.cupule.types.IoRange;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A newer client takes a range over while the range is searched: never nobody, and never back again. */
@JCStressTest
@Outcome(id = {"false, false", "false, true", "true, true"}, expect = ACCEPTABLE, desc = "the older, then the newer")
@Outcome(expect = FORBIDDEN, desc = "from the newer back to the older")
@State
public class RoutesRace {
    private final ClientRegistry registry = Registries.of(new Slots(1));
    private final InlineClient older = new InlineClient("older", access -> 0, false, registry, null);
    private final InlineClient newer = new InlineClient("newer", access -> 0, false, registry, null);
    private final RouteCache cache = new RouteCache();

    /** The older client has the range, the newer one has none yet. */
    public RoutesRace() {
        registry.add(older);
        registry.add(older, IoRange.ports(0x60, 4));
        registry.add(newer);
    }

    /** A client adds its range. */
    @Actor
    public void add() {
        registry.add(newer, IoRange.ports(0x60, 4));
    }

    /** Two requests of one vCPU. */
    @Actor
    public void search(ZZ_Result result) {
        result.r1 = isNewer();
        result.r2 = isNewer();
    }

    private boolean isNewer() {
        Client found = cache.find(registry.routes(), IoRequestPage.PORTIO, 0x61, 1);
        if (found != newer && found != older) {
            throw new AssertionError("nobody has the range");
        }
        return found == newer;
    }
}

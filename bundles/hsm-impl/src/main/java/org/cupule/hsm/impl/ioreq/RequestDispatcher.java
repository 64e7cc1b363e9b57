package org.cupule.hsm.impl.ioreq;

import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.abi.IoRequestPage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a posted request to whoever answers it ({@code hsm.md} 7.5). Nothing is allocated here and nothing is locked.
 *
 * @threading any thread: several may try the same slot, one gets it
 */
final class RequestDispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(RequestDispatcher.class);
    private static final long ALL_ONES = -1;

    private final PageProtocol protocol;
    private final Slots slots;
    private final Answers answers;
    private final @Nullable PciCombiner combiner;
    private final ClientRegistry registry;
    private final AtomicInteger clearing = new AtomicInteger();

    /**
     * Makes a dispatcher.
     *
     * @param combiner
     *            null where a driver below combines
     */
    RequestDispatcher(PageProtocol protocol, Slots slots, Answers answers, @Nullable PciCombiner combiner,
            ClientRegistry registry) {
        this.protocol = protocol;
        this.slots = slots;
        this.answers = answers;
        this.combiner = combiner;
        this.registry = registry;
    }

    /** From now on requests are completed at once, until {@link #endClearing}. */
    void beginClearing() {
        clearing.incrementAndGet();
    }

    /** Ends what {@link #beginClearing} has begun. */
    void endClearing() {
        clearing.decrementAndGet();
    }

    /**
     * Dispatches the request of a vCPU, if one is posted.
     *
     * @return false when there is one that no client takes; it stays posted
     */
    boolean dispatch(int vcpu) {
        while (protocol.posted(vcpu)) {
            Slot slot = slots.slot(vcpu);
            long generation = slot.claim();
            if (generation == 0) {
                if (cared(slot)) {
                    return true;
                }
            } else if (protocol.posted(vcpu) && take(slot, generation)) {
                return true;
            } else {
                // After the release: what was posted, added or begun since we looked belongs to us.
                Routes tried = slot.orphanedUnder;
                slot.release(generation);
                if (tried != null && tried == registry.routes() && clearing.get() == 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Serves the request; the slot's word is ROUTING. @return false when there is no client */
    private boolean take(Slot slot, long generation) {
        slot.read(protocol.page);
        Routes orphaned = slot.orphanedUnder;
        if (orphaned == null) {
            slot.posted++;
        }
        if (handledAtOnce(slot, generation)) {
            slot.orphanedUnder = null;
            return true;
        }
        Routes routes = registry.routes();
        Client client = slot.cache.find(routes, slot.type(), slot.address(), slot.size());
        if (client == null) {
            orphan(slot, routes);
            return false;
        }
        if (orphaned != null) {
            slot.orphanedUnder = null;
        }
        give(slot, generation, client);
        return true;
    }

    private boolean handledAtOnce(Slot slot, long generation) {
        if (clearing.get() == 0) {
            if (slot.wellFormed()) {
                if (slot.type() != IoRequestPage.PORTIO || combiner == null
                        || combiner.combine(slot) == PciCombiner.Outcome.PASS) {
                    return false;
                }
            } else if (!slot.write()) {
                protocol.page.value(slot.vcpu(), ALL_ONES);
            }
        }
        answers.answerAtOnce(slot, generation);
        return true;
    }

    private static void orphan(Slot slot, Routes routes) {
        if (slot.orphanedUnder == null) {
            LOG.debug("no client for a request of vCPU {} at 0x{}: it waits for a default client", slot.vcpu(),
                    Long.toHexString(slot.traceAddress()));
        }
        slot.orphanedUnder = routes;
    }

    private void give(Slot slot, long generation, Client client) {
        boolean fallback = client.fallback();
        if (fallback) {
            slot.unclaimed++;
        }
        slot.servedBy(client, Thread.currentThread());
        // The page first: whoever sees SERVING and then PENDING knows that the request was lost (overrun).
        protocol.processing(slot.vcpu(), !fallback);
        client.taken(slot.vcpu());
        slot.handedOver(generation);
        client.serve(slot, generation);
    }

    /**
     * {@return whether somebody else takes care of what is posted: a router looks again after its release, and after a
     * reset all slots are looked at}
     *
     * <p>
     * A request that was posted over one that is still with its client: the older is counted as lost and taken from its
     * client. When word and state have changed between our looks, the caller looks again.
     */
    private boolean cared(Slot slot) {
        long stamp = slot.stamp();
        return switch (Slot.phase(stamp)) {
            case Slot.ROUTING, Slot.PARKED, Slot.HELD, Slot.DROPPED -> true;
            case Slot.SERVING -> {
                if (!protocol.reposts()) {
                    yield true;
                }
                if (protocol.posted(slot.vcpu()) && slot.stamp() == stamp && slots.replace(slot)) {
                    answers.foundLost();
                }
                yield false;
            }
            default -> false;
        };
    }

    /** An upcall has come, and nothing is posted: looks for a request that nobody has. */
    void checkLost(int vcpu) {
        Slot slot = slots.slot(vcpu);
        long stamp = slot.stamp();
        if (slot.phase() == Slot.IDLE && protocol.held(vcpu) && slot.stamp() == stamp && !protocol.posted(vcpu)) {
            answers.foundLost();
        }
    }
}

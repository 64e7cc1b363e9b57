package org.cupule.hsm.impl.ioreq;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The slots of one VM. A slot whose request is dropped while its handler is still inside is set aside and replaced, so
 * that neither the next request nor a late answer can disturb the other.
 *
 * @threading any thread
 */
final class Slots {
    private final AtomicReferenceArray<Slot> slots;
    private final List<Slot> aside = new CopyOnWriteArrayList<>();

    Slots(int vcpus) {
        slots = new AtomicReferenceArray<>(vcpus);
        for (int vcpu = 0; vcpu < vcpus; vcpu++) {
            slots.set(vcpu, new Slot(vcpu));
        }
    }

    int count() {
        return slots.length();
    }

    Slot slot(int vcpu) {
        return slots.getAcquire(vcpu);
    }

    /** Takes a request away from its client, and makes the slot new. @return false when that was done already */
    boolean replace(Slot slot) {
        // Dropped before the new slot is there, so before the next request.
        return drop(slot) && slots.compareAndSet(slot.vcpu(), slot, new Slot(slot));
    }

    /** Lets nobody claim or answer a request until {@link #drop} or {@link #unhold}. */
    void hold() {
        for (int vcpu = 0; vcpu < count(); vcpu++) {
            slot(vcpu).hold();
        }
    }

    /** Ends {@link #hold}: all is as it was. */
    void unhold() {
        for (int vcpu = 0; vcpu < count(); vcpu++) {
            slot(vcpu).unhold();
        }
    }

    /**
     * Takes the request of a vCPU from a client that does not return; a late answer of it finds nothing to answer. The
     * handler is not waited for any more.
     *
     * @return the slot that goes on with the request, claimed; null when the client has none
     */
    @Nullable
    Slot takeFrom(Client client, int vcpu) {
        Slot slot = slot(vcpu);
        long generation = slot.generation();
        if (!slot.with(client) || !slot.take(generation)) {
            return null;
        }
        Slot next = Slot.goingOnWith(slot);
        return slots.compareAndSet(vcpu, slot, next) ? next : null; // null: a reset has made it new
    }

    /** Takes all requests away; no slot can be claimed until {@link #renew}. */
    void drop() {
        for (int vcpu = 0; vcpu < count(); vcpu++) {
            drop(slot(vcpu));
        }
    }

    /** Makes new what {@link #drop} has ended. */
    void renew() {
        for (int vcpu = 0; vcpu < count(); vcpu++) {
            Slot slot = slot(vcpu);
            slots.compareAndSet(vcpu, slot, new Slot(slot));
        }
    }

    private boolean drop(Slot slot) {
        boolean dropped = slot.drop();
        Client client = slot.client();
        if (dropped && client != null) {
            client.dropped(slot.vcpu());
            if (client instanceof InlineClient) {
                aside.add(slot);
            }
        }
        return dropped;
    }

    /** {@return whether any request, or any dropped one whose handler may still be inside, meets a condition} */
    boolean any(Predicate<Slot> condition) {
        for (int vcpu = 0; vcpu < count(); vcpu++) {
            Slot slot = slot(vcpu);
            if (slot.phase() != Slot.DROPPED && condition.test(slot)) {
                return true;
            }
        }
        return anyAside(condition);
    }

    /** {@return whether any dropped request whose handler may still be inside meets a condition} */
    boolean anyAside(Predicate<Slot> condition) {
        aside.removeIf(slot -> slot.phase() != Slot.DROPPED);
        return aside.stream().anyMatch(condition);
    }

    /**
     * Waits until no request is being routed by older routes: afterwards every dispatcher has seen what was published
     * before this call. The claim is a compare-and-set and comes before the dispatcher's volatile read of the routes;
     * here the publication comes before the volatile read of the word: one of the two sees the other.
     */
    void awaitRouted() {
        for (int vcpu = 0; vcpu < count(); vcpu++) {
            Slot slot = slot(vcpu);
            long generation = slot.generation();
            while (slot.phase() == Slot.ROUTING && slot.generation() == generation) {
                Thread.yield();
            }
        }
    }
}

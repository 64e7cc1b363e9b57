package org.cupule.hsm.impl.ioreq;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.cupule.abi.IoRequestPage;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.jspecify.annotations.Nullable;

/**
 * State kind {@code io-requests}, version 1: the page, the PCI address latch and the counts.
 *
 * <pre>
 *  page       4096 bytes, as they were
 *  counted    vCPU by vCPU: whether the request in the slot is counted as posted already
 *  posted completed unclaimed     vCPU by vCPU
 *  lost twice latch
 * </pre>
 *
 * A request that was with a client (PROCESSING) is posted again (PENDING): its client is another object now, perhaps
 * another one altogether.
 *
 * @threading while the slots are held
 */
final class SavedRequests {
    private static final String KIND = "io-requests";

    private SavedRequests() {
    }

    static ModelState save(IoRequestPage page, Slots slots, Answers answers, @Nullable PciCombiner combiner) {
        return ModelState.of(KIND, 1).put("page", page.segment().toArray(ValueLayout.JAVA_BYTE))
                .put("counted", each(slots, slot -> slot.inHand() || slot.orphanedUnder != null ? 1 : 0))
                .put("posted", each(slots, slot -> slot.posted))
                .put("completed", each(slots, slot -> slot.completed))
                .put("unclaimed", each(slots, SavedRequests::unclaimed))
                .put("lost", answers.lost()).put("twice", answers.twice())
                .put("latch", combiner == null ? 0 : combiner.latch()).build();
    }

    /** A request that is with the default client is going to be given to it, and counted, again. */
    private static long unclaimed(Slot slot) {
        Client client = slot.client();
        return slot.unclaimed - (slot.inHand() && client != null && client.fallback() ? 1 : 0);
    }

    private static long[] each(Slots slots, ToLongFunction<Slot> number) {
        return IntStream.range(0, slots.count()).mapToLong(vcpu -> number.applyAsLong(slots.slot(vcpu))).toArray();
    }

    static void restore(ModelState state, IoRequestPage page, Slots slots, Answers answers,
            @Nullable PciCombiner combiner) {
        if (!state.kind().equals(KIND) || state.version() != 1) {
            throw new StateException("'%s' version %d; this HSM reads '%s' version 1".formatted(state.kind(),
                    state.version(), KIND));
        }
        restorePage(page, state.bytes("page", IoRequestPage.PAGE_BYTES), slots.count());
        long[] counted = state.longs("counted", slots.count());
        long[] posted = counts(state, "posted", slots);
        long[] completed = counts(state, "completed", slots);
        long[] unclaimed = counts(state, "unclaimed", slots);
        for (int vcpu = 0; vcpu < slots.count(); vcpu++) {
            Slot slot = slots.slot(vcpu);
            slot.posted = posted[vcpu];
            slot.completed = completed[vcpu];
            slot.unclaimed = unclaimed[vcpu];
            slot.orphanedUnder = counted[vcpu] != 0 && page.state(vcpu) == IoRequestPage.PENDING ? Routes.NONE : null;
        }
        answers.restore(state.number("lost", 0, Long.MAX_VALUE), state.number("twice", 0, Long.MAX_VALUE));
        if (combiner != null) {
            combiner.latch((int) state.number("latch", Integer.MIN_VALUE, Integer.MAX_VALUE));
        }
    }

    private static long[] counts(ModelState state, String name, Slots slots) {
        long[] counts = state.longs(name, slots.count());
        for (long count : counts) {
            if (count < 0) {
                throw new StateException("io-requests: field '%s' has %d".formatted(name, count));
            }
        }
        return counts;
    }

    private static void restorePage(IoRequestPage page, byte[] bytes, int vcpus) {
        page.segment().copyFrom(MemorySegment.ofArray(bytes));
        for (int slot = 0; slot < IoRequestPage.SLOTS; slot++) {
            page.state(slot, slot < vcpus ? restored(page.state(slot), slot) : IoRequestPage.FREE);
        }
    }

    private static int restored(int state, int slot) {
        return switch (state) {
            case IoRequestPage.PENDING, IoRequestPage.PROCESSING -> IoRequestPage.PENDING;
            case IoRequestPage.COMPLETE -> IoRequestPage.COMPLETE;
            case IoRequestPage.FREE -> IoRequestPage.FREE;
            default -> throw new StateException("io-requests: slot %d is in state %d".formatted(slot, state));
        };
    }
}

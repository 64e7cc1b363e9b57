package org.cupule.hsm.impl.ioreq;

import java.util.concurrent.atomic.AtomicLong;
import org.cupule.abi.IoRequestPage;
import org.cupule.time.VmClock;
import org.jspecify.annotations.Nullable;

/**
 * Writes answers: the only place that makes slots COMPLETE. An answer for a request that was answered or dropped
 * already is refused and counted, and touches nothing.
 *
 * @threading any thread
 */
final class Answers {
    private final PageProtocol protocol;
    private final VmClock clock;
    private final AtomicLong twice = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private volatile @Nullable TraceRing trace;

    Answers(PageProtocol protocol, VmClock clock) {
        this.protocol = protocol;
        this.clock = clock;
    }

    /** Answers with a value, of which a read gets the low bytes. */
    void answer(Slot slot, long generation, long value) {
        if (!begin(slot, generation)) {
            return;
        }
        if (!slot.write()) {
            protocol.page.value(slot.vcpu(), value & slot.mask());
        }
        end(slot, generation);
    }

    /** Answers with what the page holds. */
    void answerInPlace(Slot slot, long generation) {
        if (begin(slot, generation)) {
            end(slot, generation);
        }
    }

    private boolean begin(Slot slot, long generation) {
        if (!slot.beginAnswer(generation)) {
            refuse(slot, generation);
            return false;
        }
        if (!protocol.held(slot.vcpu())) {
            slot.answered(generation);
            lost.incrementAndGet();
            return false;
        }
        return true;
    }

    /** Answers a request that no client has, with what the page holds. */
    void answerAtOnce(Slot slot, long generation) {
        slot.handledAtOnce(generation);
        end(slot, generation);
    }

    /** Answers in place of a client that does not return, a read with all ones; the slot is claimed. */
    void answerForLost(Slot slot) {
        long generation = slot.generation();
        if (!protocol.held(slot.vcpu())) {
            slot.release(generation);
            lost.incrementAndGet();
            return;
        }
        if (!slot.write()) {
            protocol.page.value(slot.vcpu(), slot.mask());
        }
        answerAtOnce(slot, generation);
    }

    private void end(Slot slot, long generation) {
        slot.completed++;
        Client client = slot.client();
        if (client != null) {
            client.answered(slot);
        }
        TraceRing ring = trace;
        if (ring != null) {
            ring.add(clock.nanos(), slot, traceValue(slot), client == null ? "hsm" : client.clientName());
        }
        protocol.complete(slot, generation);
    }

    private long traceValue(Slot slot) {
        IoRequestPage page = protocol.page;
        return slot.write() ? slot.value() : page.value(slot.vcpu()) & slot.mask();
    }

    /** Refuses an answer that comes too late. One for a request that a reset took away is not a second answer. */
    private void refuse(Slot slot, long generation) {
        if (!slot.leftAfterDrop(generation)) {
            twice.incrementAndGet();
        }
    }

    /** Counts an answer for a request that was answered already. */
    void refused() {
        twice.incrementAndGet();
    }

    /** Counts a request whose slot was found in a state that only a lost one can have. */
    void foundLost() {
        lost.incrementAndGet();
    }

    long twice() {
        return twice.get();
    }

    long lost() {
        return lost.get();
    }

    /** Continues counts that were saved. */
    void restore(long lostBefore, long twiceBefore) {
        lost.set(lostBefore);
        twice.set(twiceBefore);
    }

    @Nullable
    TraceRing trace() {
        return trace;
    }

    void trace(@Nullable TraceRing ring) {
        trace = ring;
    }
}

package org.cupule.hsm.impl.ioreq;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.ioreq.IoTrace;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a trace keeps of requests. */
class TraceRingTest {
    private final IoRequestPage page = new IoRequestPage(Arena.ofAuto().allocate(4096, 4096));

    private Slot request(int vcpu, int type, boolean write, long address, int size) {
        page.type(vcpu, type);
        page.write(vcpu, write);
        page.address(vcpu, address);
        page.size(vcpu, size);
        Slot slot = new Slot(vcpu);
        slot.read(page);
        return slot;
    }

    @Test
    @DisplayName("each entry has all of its request")
    void entriesAreWhole() {
        var ring = new TraceRing(4, 0);
        ring.add(10, request(3, IoRequestPage.MMIO, true, 0xFEDC_BA98_7654_3210L, 8), -1, "one");
        ring.add(20, request(0, IoRequestPage.PORTIO, false, 0x3F8, 1), 0x5A, "two");

        assertThat(ring.entries()).containsExactly(
                new IoTrace(1, 10, 3, IoRequestPage.MMIO, true, 0xFEDC_BA98_7654_3210L, 8, -1, "one"),
                new IoTrace(2, 20, 0, IoRequestPage.PORTIO, false, 0x3F8, 1, 0x5A, "two"));
    }

    @Test
    @DisplayName("it keeps the last ones, and counts on from what was answered before")
    void theLastAreKept() {
        var ring = new TraceRing(3, 100);
        for (int i = 0; i < 5; i++) {
            ring.add(i, request(1, IoRequestPage.PORTIO, false, i, 1), i, "client");
        }

        assertThat(ring.entries()).extracting(IoTrace::number).containsExactly(103L, 104L, 105L);
        assertThat(ring.entries()).extracting(IoTrace::address).containsExactly(2L, 3L, 4L);
        assertThat(ring.entries()).extracting(IoTrace::value).containsExactly(2L, 3L, 4L);
    }

    @Test
    @DisplayName("of what it has not seen it keeps nothing")
    void emptyIsEmpty() {
        assertThat(new TraceRing(3, 100).entries()).isEmpty();
        assertThat(new TraceRing(3, 0).entries()).isEmpty();
    }
}

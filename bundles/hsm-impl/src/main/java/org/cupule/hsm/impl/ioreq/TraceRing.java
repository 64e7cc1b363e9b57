package org.cupule.hsm.impl.ioreq;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.cupule.hsm.ioreq.IoTrace;
import org.jspecify.annotations.Nullable;

/**
 * The last requests of a VM, in preallocated cells.
 *
 * <p>
 * Each cell carries the number of its request: negative while it is written. A reader takes a cell only when the number
 * is the same, and positive, before and after it has read the rest.
 *
 * @threading any thread
 */
final class TraceRing {
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int NUMBER = 0;
    private static final int NANOS = 1;
    private static final int KIND = 2;
    private static final int ADDRESS = 3;
    private static final int VALUE = 4;
    private static final int WORDS = 8;

    private final int entries;
    private final long[] cells;
    private final @Nullable String[] clients;
    private final AtomicLong next;

    /**
     * Makes an empty ring.
     *
     * @param entries
     *            how many requests it keeps
     * @param before
     *            how many requests the VM has answered before
     */
    TraceRing(int entries, long before) {
        this.entries = entries;
        this.cells = new long[entries * WORDS];
        this.clients = new String[entries];
        this.next = new AtomicLong(before);
    }

    /** Keeps a request. */
    void add(long nanos, Slot slot, long value, String client) {
        long number = next.incrementAndGet();
        int entry = (int) (number % entries);
        int base = entry * WORDS;
        ELEMENT.setVolatile(cells, base + NUMBER, -number);
        cells[base + NANOS] = nanos;
        cells[base + KIND] = slot.vcpu() | slot.type() << 8 | slot.size() << 16 | (slot.write() ? 1 << 24 : 0);
        cells[base + ADDRESS] = slot.traceAddress();
        cells[base + VALUE] = value;
        clients[entry] = client;
        ELEMENT.setRelease(cells, base + NUMBER, number); // partner: the acquire in read()
    }

    /** {@return what is kept, oldest first} */
    List<IoTrace> entries() {
        long last = next.get();
        List<IoTrace> kept = new ArrayList<>();
        for (long number = Math.max(1, last - entries + 1); number <= last; number++) {
            IoTrace trace = read(number);
            if (trace != null) {
                kept.add(trace);
            }
        }
        return kept;
    }

    private @Nullable IoTrace read(long number) {
        int entry = (int) (number % entries);
        int base = entry * WORDS;
        if ((long) ELEMENT.getAcquire(cells, base + NUMBER) != number) {
            return null;
        }
        long kind = cells[base + KIND];
        String client = clients[entry];
        IoTrace trace = new IoTrace(number, cells[base + NANOS], (int) kind & 0xFF, (int) (kind >> 8) & 0xFF,
                (kind & 1 << 24) != 0, cells[base + ADDRESS], (int) (kind >> 16) & 0xFF, cells[base + VALUE],
                client == null ? "" : client);
        VarHandle.loadLoadFence();
        return (long) ELEMENT.getOpaque(cells, base + NUMBER) == number ? trace : null;
    }
}

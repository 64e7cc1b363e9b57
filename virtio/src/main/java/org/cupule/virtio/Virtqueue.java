package org.cupule.virtio;

import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.SequencedSet;
import org.cupule.device.DmaMemory;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.jspecify.annotations.Nullable;

/**
 * A split virtqueue.
 *
 * <pre>
 * descriptor table        available ring (driver)      used ring (device)
 * 16 bytes each           +0 flags  2: index           +0 flags  2: index
 * +0  address             +4 heads, 2 bytes each       +4 elements: head (4), length (4)
 * +8  length              behind: used_event           behind: avail_event
 * +12 flags  +14 next
 *
 * flags of a descriptor   1 next   2 writable by the device   4 indirect
 * </pre>
 *
 * <p>
 * All of it lies in guest memory, where another processor may change it at any moment: each number is read once and
 * checked after that. A queue whose contents cannot be makes the device ask for a reset; nothing is ever thrown.
 *
 * <p>
 * Source: VIRTIO 1.2, section 2.7 "Split Virtqueues".
 *
 * @threading confined to the device's gate
 */
public final class Virtqueue {
    /** The vector by which the driver says that it wants no message. */
    static final int NO_VECTOR = 0xFFFF;
    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final int INDIRECT = 4;
    private static final int DESCRIPTOR = 16;
    private static final int RING = 4;
    private static final int USED_ELEMENT = 8;
    private static final int NO_INTERRUPT = 1;
    private static final int INDEX = 0xFFFF;

    private final VirtioPort port;
    private final Interrupts interrupts;
    private final int number;
    private final int mostEntries;
    private final Words words = new Words();
    private final ArrayDeque<Chain> spare = new ArrayDeque<>();
    /** Heads that the device has, in the order in which it took them. */
    private final SequencedSet<Integer> taken = new LinkedHashSet<>();

    private int entries;
    private int vector;
    private boolean enabled;
    private long descriptors;
    private long available;
    private long used;
    private int nextAvailable;
    private int usedIndex;
    private int signalledIndex;

    Virtqueue(VirtioPort port, Interrupts interrupts, int number, int mostEntries) {
        this.port = port;
        this.interrupts = interrupts;
        this.number = number;
        this.mostEntries = mostEntries;
        reset();
    }

    void reset() {
        entries = mostEntries;
        vector = NO_VECTOR;
        enabled = false;
        descriptors = 0;
        available = 0;
        used = 0;
        nextAvailable = 0;
        usedIndex = 0;
        signalledIndex = 0;
        taken.clear();
        spare.clear();
    }

    // ------------------------------------------------------------------ what the driver sets

    int entries() {
        return entries;
    }

    /** Takes a size that a queue can have, and no other; not once the queue is enabled. */
    void entries(int wanted) {
        if (!enabled && wanted > 0 && wanted <= mostEntries && Integer.bitCount(wanted) == 1) {
            entries = wanted;
        }
    }

    int vector() {
        return vector;
    }

    void vector(int wanted) {
        vector = interrupts.has(wanted) ? wanted : NO_VECTOR;
    }

    /** {@return whether the driver has enabled it} */
    public boolean enabled() {
        return enabled;
    }

    void enable() {
        if (enabled) {
            return;
        }
        enabled = true;
        if ((descriptors & DESCRIPTOR - 1) != 0 || (available & 1) != 0 || (used & 3) != 0) {
            port.fail("queue %d lies at 0x%x, 0x%x, 0x%x: not aligned".formatted(number, descriptors, available,
                    used));
        }
    }

    long descriptors() {
        return descriptors;
    }

    void descriptors(long gpa) {
        descriptors = enabled ? descriptors : gpa;
    }

    long available() {
        return available;
    }

    void available(long gpa) {
        available = enabled ? available : gpa;
    }

    long used() {
        return used;
    }

    void used(long gpa) {
        used = enabled ? used : gpa;
    }

    // ------------------------------------------------------------------ taking requests

    /** {@return the most requests that can be in it} */
    public int length() {
        return entries;
    }

    /** {@return the next request; null when there is none now, or the queue is not in use or broken} */
    public @Nullable Chain next() {
        if (!enabled || !port.running() || !waiting()) {
            return null;
        }
        // Acquire: the ring and the descriptors are read after the index that covers them.
        VarHandle.acquireFence();
        if (!words.load(dma(), available + RING + 2L * (nextAvailable & entries - 1), 2)) {
            return broken("its available ring is not in RAM");
        }
        int head = words.half(0);
        nextAvailable = nextAvailable + 1 & INDEX;
        if (head >= entries || !taken.add(head)) {
            return broken("head %d is %s".formatted(head, head >= entries ? "beyond it" : "not the driver's"));
        }
        return chain(head);
    }

    /**
     * {@return the requests that a device had taken when its state was saved, in their order: it begins them anew}
     */
    public java.util.List<Chain> takenBefore() {
        var chains = new java.util.ArrayList<Chain>();
        for (int head : java.util.List.copyOf(taken)) {
            Chain chain = port.running() ? chain(head) : null;
            if (chain == null) {
                return java.util.List.of();
            }
            chains.add(chain);
        }
        return chains;
    }

    /**
     * Looks whether there is something. If not, the driver is asked to notify of the next request; it may have come
     * just before it could see that, so there is a second look.
     */
    private boolean waiting() {
        int ahead = ahead();
        if (ahead == 0 && port.negotiated(Feature.EVENT_IDX)) {
            words.half(0, nextAvailable);
            if (!words.store(dma(), used + RING + (long) USED_ELEMENT * entries, 2)) {
                broken("its used ring is not in RAM");
                return false;
            }
            // Full: the wish is visible before the index is looked at again. The driver has the same, reversed.
            VarHandle.fullFence();
            ahead = ahead();
        }
        return ahead > 0;
    }

    /** {@return how many requests wait; -1 when the queue is broken} */
    private int ahead() {
        if (!words.load(dma(), available + 2, 2)) {
            broken("its available ring is not in RAM");
            return -1;
        }
        int ahead = words.half(0) - nextAvailable & INDEX;
        if (ahead > entries) {
            broken("%d requests are available, it has %d entries".formatted(ahead, entries));
            return -1;
        }
        return ahead;
    }

    private @Nullable Chain chain(int head) {
        Chain chain = spare.isEmpty() ? new Chain(dma(), mostEntries) : spare.pop();
        chain.begin(head);
        return follow(chain, head) ? chain : null;
    }

    /** Follows a chain to its end. As many steps as a chain may be long are made: a loop is too long. */
    private boolean follow(Chain chain, int head) {
        long table = descriptors;
        int limit = entries;
        int at = head;
        boolean indirect = false;
        for (int steps = 0; steps <= entries; steps++) {
            if (at >= limit) {
                return isBroken("a descriptor leads to %d, its table has %d".formatted(at, limit));
            }
            if (!words.load(dma(), table + (long) DESCRIPTOR * at, DESCRIPTOR)) {
                return isBroken("descriptor %d at 0x%x is not in RAM".formatted(at, table));
            }
            long address = words.doubleWord(0);
            long length = words.word(8);
            int flags = words.half(12);
            int next = words.half(14);
            if ((flags & INDIRECT) != 0) {
                if (indirect || (flags & NEXT) != 0 || length == 0 || length % DESCRIPTOR != 0
                        || !port.negotiated(Feature.INDIRECT_DESC)) {
                    return isBroken("descriptor %d must not be indirect (%d bytes, flags %x)".formatted(at, length,
                            flags));
                }
                indirect = true;
                table = address;
                limit = (int) Math.min(length / DESCRIPTOR, INDEX + 1L);
                at = 0;
                continue;
            }
            if (!chain.add(address, length, (flags & WRITE) != 0)) {
                return isBroken("the chain from %d is too long, or not in order".formatted(head));
            }
            if ((flags & NEXT) == 0) {
                return true;
            }
            at = next;
        }
        return isBroken("the chain from %d has no end".formatted(head));
    }

    private boolean isBroken(String why) {
        broken(why);
        return false;
    }

    private @Nullable Chain broken(String why) {
        port.fail("queue %d: %s".formatted(number, why));
        return null;
    }

    private DmaMemory dma() {
        return port.context().dma();
    }

    // ------------------------------------------------------------------ giving them back

    /**
     * Gives a request back.
     *
     * @param written
     *            how many bytes of its writable part were written, from the first on
     */
    public void push(Chain chain, long written) {
        if (!port.running() || !taken.remove(chain.head())) {
            return;
        }
        words.word(0, chain.head());
        words.word(4, written);
        spare.push(chain);
        if (!words.store(dma(), used + RING + (long) USED_ELEMENT * (usedIndex & entries - 1), USED_ELEMENT)) {
            broken("its used ring is not in RAM");
            return;
        }
        // Release: what was written for the driver, and the element, are visible before the index that covers them.
        VarHandle.releaseFence();
        usedIndex = usedIndex + 1 & INDEX;
        words.half(0, usedIndex);
        if (!words.store(dma(), used + 2, 2)) {
            broken("its used ring is not in RAM");
        }
    }

    /** Interrupts if the driver wants it for what was given back since the last time. */
    public void signal() {
        if (signalledIndex == usedIndex || !port.running()) {
            return;
        }
        // Full: the index is visible before the driver's wish is looked at. The driver has the same, reversed.
        VarHandle.fullFence();
        boolean byIndex = port.negotiated(Feature.EVENT_IDX);
        if (!words.load(dma(), byIndex ? available + RING + 2L * entries : available, 2)) {
            broken("its available ring is not in RAM");
            return;
        }
        boolean wanted = byIndex
                ? (usedIndex - words.half(0) - 1 & INDEX) < (usedIndex - signalledIndex & INDEX)
                : (words.half(0) & NO_INTERRUPT) == 0;
        signalledIndex = usedIndex;
        if (wanted) {
            interrupts.queue(vector);
        }
    }

    // ------------------------------------------------------------------ state

    ModelState save() {
        return ModelState.of("virtqueue", 1).put("entries", entries).put("vector", vector).put("enabled", enabled)
                .put("descriptors", descriptors).put("available", available).put("used", used)
                .put("nextAvailable", nextAvailable).put("usedIndex", usedIndex)
                .put("signalledIndex", signalledIndex)
                .put("taken", taken.stream().mapToLong(Integer::longValue).toArray()).build();
    }

    void restore(ModelState state) {
        reset();
        entries = (int) state.number("entries", 1, mostEntries);
        vector = (int) state.number("vector", 0, NO_VECTOR);
        enabled = state.flag("enabled");
        descriptors = state.number("descriptors");
        available = state.number("available");
        used = state.number("used");
        nextAvailable = (int) state.number("nextAvailable", 0, INDEX);
        usedIndex = (int) state.number("usedIndex", 0, INDEX);
        signalledIndex = (int) state.number("signalledIndex", 0, INDEX);
        for (long head : state.longs("taken")) {
            if (head < 0 || head >= entries || !taken.add((int) head)) {
                throw new StateException("queue %d has taken head %d of %d twice, or cannot".formatted(number, head,
                        entries));
            }
        }
        if (Integer.bitCount(entries) != 1 || vector != NO_VECTOR && !interrupts.has(vector)) {
            throw new StateException("queue %d has %d entries and vector %d".formatted(number, entries, vector));
        }
    }
}

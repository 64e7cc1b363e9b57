package org.cupule.hv.sim.passthrough;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.cupule.pci.PciFunctionSpec.Capability;
import org.cupule.types.Msi;

/**
 * The messages of a function that has them in a table (MSI-X), and the words of its capability that the guest writes.
 *
 * <pre>
 *  capability  +0 id 0x11, next   +2 message control   +4 table: offset, region 2:0   +8 pending bits: the same
 *  control     15: enable   14: all masked   10:0: entries less one
 *  table       entry n at 16 n:  +0 address:8   +8 data:4   +12 control:4, bit 0: masked
 *  pending     bit n at 0x800
 * </pre>
 *
 * <p>
 * Source: PCI Local Bus Specification 3.0, section 6.8.2.
 *
 * @threading any thread; its own lock, under which nothing is called
 */
final class MsixTable {
    /** Capability id. */
    static final int ID = 0x11;
    /** Bytes of the region that has table and pending bits. */
    static final int REGION_BYTES = 4096;

    private static final int PENDING = 0x800;
    private static final int CONTROL = 2;
    private static final int ENABLE = 1 << 15;
    private static final int ALL_MASKED = 1 << 14;
    private static final int WORDS = 4;
    private static final int DATA = 2;
    private static final int VECTOR_CONTROL = 3;
    private static final int MASKED = 1;

    private final int[] table;
    private final int vectors;
    private final Consumer<Msi> sender;
    private int control;
    private long pending;

    /**
     * Makes a table in its power-on state: all masked.
     *
     * @param vectors
     *            1 to 64
     * @param sender
     *            sends a message
     */
    MsixTable(int vectors, Consumer<Msi> sender) {
        this.vectors = vectors;
        this.table = new int[vectors * WORDS];
        this.sender = sender;
        reset();
    }

    /** {@return the capability of such a table in a region} */
    static Capability capability(int vectors, int region) {
        byte[] body = new byte[10];
        body[0] = (byte) (vectors - 1);
        body[2] = (byte) region;
        body[6] = (byte) region;
        body[7] = PENDING >> 8;
        return new Capability(ID, body);
    }

    synchronized void reset() {
        java.util.Arrays.fill(table, 0);
        for (int vector = 0; vector < vectors; vector++) {
            table[vector * WORDS + VECTOR_CONTROL] = MASKED;
        }
        control = 0;
        pending = 0;
    }

    /** {@return what configuration space shows at a register, with the bits that the guest has written} */
    synchronized int readConfig(int capability, int register, int size, int fromBus) {
        int word = register & ~3;
        if (capability == 0 || word != (capability & ~3)) {
            return fromBus;
        }
        int shown = control << 16 >>> 8 * (register & 3);
        return fromBus | (size == 4 ? shown : shown & (1 << 8 * size) - 1);
    }

    /** Takes what the guest writes into configuration space. */
    void writeConfig(int capability, int register, int size, int value) {
        int high = capability + CONTROL + 1;
        if (capability == 0 || register > high || register + size <= high) {
            return;
        }
        int bits = value >>> 8 * (high - register) << 8;
        synchronized (this) {
            control = bits & (ENABLE | ALL_MASKED);
        }
        flush();
    }

    synchronized long read(long offset, int size) {
        long low = word(offset) & 0xFFFF_FFFFL;
        long all = size == 8 ? low | (long) word(offset + 4) << 32 : low;
        return all >>> 8 * (offset & 3);
    }

    private int word(long offset) {
        int index = (int) (offset >> 2);
        if (index < table.length) {
            return table[index];
        }
        return index == PENDING >> 2 ? (int) pending : index == (PENDING >> 2) + 1 ? (int) (pending >>> 32) : 0;
    }

    /** The guest writes whole words; others have no effect. */
    void write(long offset, int size, long value) {
        if ((offset & 3) != 0 || size < 4) {
            return;
        }
        synchronized (this) {
            put((int) (offset >> 2), (int) value);
            if (size == 8) {
                put((int) (offset >> 2) + 1, (int) (value >>> 32));
            }
        }
        flush();
    }

    private void put(int index, int value) {
        if (index < table.length) {
            table[index] = index % WORDS == VECTOR_CONTROL ? value & MASKED : value;
        }
    }

    /**
     * Sends the message of a vector, or makes it pending while it is masked; nothing while the guest has no MSI-X on.
     */
    void signal(int vector) {
        synchronized (this) {
            if (vector < 0 || vector >= vectors || (control & ENABLE) == 0) {
                return;
            }
            pending |= 1L << vector;
        }
        flush();
    }

    private void flush() {
        List<Msi> ready = new ArrayList<>();
        synchronized (this) {
            for (int vector = 0; vector < vectors; vector++) {
                if ((pending >> vector & 1) != 0 && (control & (ENABLE | ALL_MASKED)) == ENABLE
                        && table[vector * WORDS + VECTOR_CONTROL] == 0) {
                    pending &= ~(1L << vector);
                    ready.add(message(vector * WORDS));
                }
            }
        }
        ready.forEach(sender);
    }

    private Msi message(int at) {
        return new Msi((long) table[at + 1] << 32 | table[at] & 0xFFFF_FFFFL, table[at + DATA] & 0xFFFF_FFFFL);
    }
}

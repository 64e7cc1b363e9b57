package org.cupule.hw.pci;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.cupule.pci.PciFunctionSpec.MsixTable;
import org.cupule.state.StateException;
import org.cupule.types.Msi;

/**
 * The MSI-X capability, its table and its pending bits.
 *
 * <pre>
 *      31                16 15         8 7          0
 * +00 |  message control   |    next    |  id (11)   |
 * +04 |         offset of the table             | BIR |
 * +08 |      offset of the pending bits         | BIR |
 *
 * message control   15: enable   14: function mask   10:0 vectors less one
 *
 * an entry of the table
 * +00 |            message address              | 0 0|
 * +04 |            message address, upper half       |
 * +08 |                message data                  |
 * +0C |                                         |mask|
 * </pre>
 *
 * <p>
 * Source: PCI Local Bus Specification 3.0, section 6.8.2.
 *
 * @threading confined: the function that owns it has its lock
 */
final class MsixCapability {
    static final int ID = 0x11;
    static final int LENGTH = 12;
    private static final int CONTROL = 0x02;
    private static final int TABLE = 0x04;
    private static final int PENDING = 0x08;
    private static final int ENABLE = 1 << 15;
    private static final int FUNCTION_MASK = 1 << 14;

    private static final int ENTRY = 16;
    private static final int DATA = 8;
    private static final int VECTOR_CONTROL = 12;
    private static final int MASK = 1;

    private final ConfigSpace space;
    private final int at;
    private final MsixTable place;
    private final byte[] table;
    private final BitSet pending = new BitSet();

    MsixCapability(ConfigSpace space, int at, MsixTable place) {
        this.space = space;
        this.at = at;
        this.place = place;
        this.table = new byte[ENTRY * place.vectors()];
        reset();
    }

    static void lay(ConfigSpace space, int at, MsixTable place) {
        space.lay(at + CONTROL, 2, place.vectors() - 1, ENABLE | FUNCTION_MASK);
        space.lay(at + TABLE, 4, place.table() | place.bar(), 0);
        space.lay(at + PENDING, 4, place.pending() | place.bar(), 0);
    }

    /** Sets the power-on state: all vectors are masked. The control register is the configuration space's. */
    void reset() {
        java.util.Arrays.fill(table, (byte) 0);
        for (int vector = 0; vector < place.vectors(); vector++) {
            table[ENTRY * vector + VECTOR_CONTROL] = MASK;
        }
        pending.clear();
    }

    boolean enabled() {
        return (control() & ENABLE) != 0;
    }

    private int control() {
        return (int) space.get(at + CONTROL, 2);
    }

    /** {@return the message of a vector; empty when there is none or it is masked, and then it is pending} */
    Optional<Msi> message(int vector) {
        if (!enabled() || vector < 0 || vector >= place.vectors()) {
            return Optional.empty();
        }
        if (masked(vector)) {
            pending.set(vector);
            return Optional.empty();
        }
        return Optional.of(new Msi(number(ENTRY * vector, 8) & ~3L, number(ENTRY * vector + DATA, 4)));
    }

    private boolean masked(int vector) {
        return (control() & FUNCTION_MASK) != 0 || (table[ENTRY * vector + VECTOR_CONTROL] & MASK) != 0;
    }

    /** {@return the messages that were pending and may go now; they are pending no more} */
    List<Msi> released() {
        if (!enabled() || pending.isEmpty()) {
            return List.of();
        }
        var messages = new ArrayList<Msi>();
        for (int vector : pending.stream().filter(each -> !masked(each)).toArray()) {
            pending.clear(vector);
            message(vector).ifPresent(messages::add);
        }
        return messages;
    }

    /** {@return bytes of the table or of the pending bits, by their offset in the base address register} */
    long read(long offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (shown(offset + i) & 0xFFL) << 8 * i;
        }
        return value;
    }

    private int shown(long offset) {
        long inTable = offset - place.table();
        if (inTable >= 0 && inTable < table.length) {
            return table[(int) inTable];
        }
        long bits = 8 * (offset - place.pending());
        int value = 0;
        for (int i = 0; i < 8 && bits >= 0 && bits + i < place.vectors(); i++) {
            value |= pending.get((int) bits + i) ? 1 << i : 0;
        }
        return value;
    }

    /** Writes the table: naturally aligned, 4 or 8 bytes, as the standard asks of software. */
    void write(long offset, int size, long value) {
        long from = offset - place.table();
        if (size < 4 || offset % size != 0 || from < 0 || from + size > table.length) {
            return;
        }
        for (int i = 0; i < size; i++) {
            table[(int) from + i] = (byte) (value >>> 8 * i & writable((int) from + i));
        }
    }

    private static int writable(int at) {
        return switch (at % ENTRY) {
            case 0 -> 0xFC;
            case VECTOR_CONTROL -> MASK;
            case VECTOR_CONTROL + 1, VECTOR_CONTROL + 2, VECTOR_CONTROL + 3 -> 0;
            default -> 0xFF;
        };
    }

    private long number(int from, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (table[from + i] & 0xFFL) << 8 * i;
        }
        return value;
    }

    byte[] tableBytes() {
        return table.clone();
    }

    byte[] pendingBytes() {
        return java.util.Arrays.copyOf(pending.toByteArray(), MsixTable.pendingBytes(place.vectors()));
    }

    /** Refuses bytes that no guest could have written. */
    void check(byte[] entries, byte[] bits) {
        for (int i = 0; i < entries.length; i++) {
            if ((entries[i] & ~writable(i) & 0xFF) != 0) {
                throw new StateException("pci-bus: byte %d of an MSI-X table is 0x%02x".formatted(i, entries[i]));
            }
        }
        if (BitSet.valueOf(bits).length() > place.vectors()) {
            throw new StateException("pci-bus: an MSI-X message is pending that does not exist");
        }
    }

    void restore(byte[] entries, byte[] bits) {
        System.arraycopy(entries, 0, table, 0, table.length);
        pending.clear();
        pending.or(BitSet.valueOf(bits));
    }
}

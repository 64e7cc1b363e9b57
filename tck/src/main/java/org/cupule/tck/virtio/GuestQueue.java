package org.cupule.tck.virtio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.cupule.tck.device.FakeRam;

/**
 * The guest's side of a split virtqueue.
 *
 * @threading confined to the test
 */
public final class GuestQueue {
    /** Flags of a descriptor: another one follows. */
    public static final int NEXT = 1;
    /** The device writes it. */
    public static final int WRITE = 2;
    /** It is a table of descriptors. */
    public static final int INDIRECT = 4;

    private final GuestDriver driver;
    private final int index;
    private final long base;
    private final int entries;
    private int free;
    private int availableIndex;
    private int usedIndex;

    /**
     * A piece of a request.
     *
     * @param gpa
     *            its address
     * @param lengthBytes
     *            its length
     * @param writable
     *            whether the device writes it
     * @threading immutable
     */
    public record Piece(long gpa, int lengthBytes, boolean writable) {
    }

    /**
     * A request that came back.
     *
     * @param head
     *            its first descriptor
     * @param written
     *            how many bytes the device says to have written
     * @threading immutable
     */
    public record Used(int head, int written) {
    }

    GuestQueue(GuestDriver driver, int index, long base, int entries) {
        this.driver = driver;
        this.index = index;
        this.base = base;
        this.entries = entries;
    }

    /** {@return a piece that the device reads} */
    public static Piece readable(long gpa, int lengthBytes) {
        return new Piece(gpa, lengthBytes, false);
    }

    /** {@return a piece that the device writes} */
    public static Piece writable(long gpa, int lengthBytes) {
        return new Piece(gpa, lengthBytes, true);
    }

    void clear() {
        ram().poke(base, new byte[0x1000]);
    }

    /** {@return where its descriptors lie} */
    public long descriptors() {
        return base;
    }

    /** {@return where its available ring lies} */
    public long available() {
        return base + 0x400;
    }

    /** {@return where its used ring lies} */
    public long used() {
        return base + 0x800;
    }

    /** Makes a request available, a descriptor each piece. @return its head */
    public int add(Piece... pieces) {
        int head = free;
        for (int i = 0; i < pieces.length; i++) {
            boolean last = i == pieces.length - 1;
            int at = free;
            free = (free + 1) % entries;
            descriptor(at, pieces[i].gpa, pieces[i].lengthBytes,
                    (last ? 0 : NEXT) | (pieces[i].writable ? WRITE : 0), free);
        }
        offer(head);
        return head;
    }

    /** Makes a request available by a table of descriptors that lies here. @return its head */
    public int addIndirect(long table, Piece... pieces) {
        for (int i = 0; i < pieces.length; i++) {
            boolean last = i == pieces.length - 1;
            put(table + 16L * i, pieces[i].gpa, pieces[i].lengthBytes,
                    (last ? 0 : NEXT) | (pieces[i].writable ? WRITE : 0), i + 1);
        }
        int head = free;
        free = (free + 1) % entries;
        descriptor(head, table, 16 * pieces.length, INDIRECT, 0);
        offer(head);
        return head;
    }

    /** Writes a descriptor of the queue's table. */
    public void descriptor(int at, long gpa, int lengthBytes, int flags, int next) {
        put(base + 16L * at, gpa, lengthBytes, flags, next);
    }

    /** Writes a descriptor anywhere. */
    public void put(long place, long gpa, int lengthBytes, int flags, int next) {
        ram().poke(place, ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(gpa).putInt(lengthBytes)
                .putShort((short) flags).putShort((short) next).array());
    }

    /** Makes a head available. */
    public void offer(int head) {
        half(available() + 4 + 2L * (availableIndex % entries), head);
        availableIndex = availableIndex + 1 & 0xFFFF;
        half(available() + 2, availableIndex);
    }

    /** Writes the index of the available ring. */
    public void availableIndex(int value) {
        half(available() + 2, value);
    }

    /** Says that no interrupt is wanted, or that it is: where there is no event index. */
    public void suppress(boolean on) {
        half(available(), on ? 1 : 0);
    }

    /** Says behind which request an interrupt is wanted: where there is an event index. */
    public void usedEvent(int value) {
        half(available() + 4 + 2L * entries, value);
    }

    /** {@return behind which request the device wants a notification: where there is an event index} */
    public int availableEvent() {
        return half(used() + 4 + 8L * entries);
    }

    /** Notifies the device. */
    public void kick() {
        driver.notify(index);
    }

    /** {@return the next request that came back} */
    public Optional<Used> poll() {
        if (half(used() + 2) == usedIndex) {
            return Optional.empty();
        }
        long at = used() + 4 + 8L * (usedIndex % entries);
        usedIndex = usedIndex + 1 & 0xFFFF;
        return Optional.of(new Used(half(at) | half(at + 2) << 16, half(at + 4) | half(at + 6) << 16));
    }

    private void half(long gpa, int value) {
        ram().poke(gpa, (byte) value, (byte) (value >>> 8));
    }

    private int half(long gpa) {
        byte[] bytes = ram().peek(gpa, 2);
        return bytes[0] & 0xFF | (bytes[1] & 0xFF) << 8;
    }

    private FakeRam ram() {
        return driver.machine().ram();
    }
}

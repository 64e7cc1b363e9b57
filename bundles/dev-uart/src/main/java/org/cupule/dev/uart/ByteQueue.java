package org.cupule.dev.uart;

import java.util.Arrays;

/**
 * A first-in first-out queue of bytes with a fixed length.
 *
 * @threading confined to the device's gate
 */
final class ByteQueue {
    private final byte[] ring;
    private int head;
    private int count;

    ByteQueue(int length) {
        ring = new byte[length];
    }

    int count() {
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** {@return the oldest byte, 0 to 255; the queue is not empty} */
    int first() {
        return ring[head] & 0xFF;
    }

    /** {@return byte number {@code index}, counted from the oldest} */
    int at(int index) {
        return ring[(head + index) % ring.length] & 0xFF;
    }

    /** Takes the oldest byte off; the queue is not empty. */
    int take() {
        int value = first();
        head = (head + 1) % ring.length;
        count--;
        return value;
    }

    /** Puts a byte behind the newest; the queue is not full. */
    void put(int value) {
        ring[(head + count) % ring.length] = (byte) value;
        count++;
    }

    /** Changes the oldest byte; the queue is not empty. */
    void replaceFirst(int value) {
        ring[head] = (byte) value;
    }

    void clear() {
        head = 0;
        count = 0;
    }

    byte[] toBytes() {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) at(i);
        }
        return bytes;
    }

    /** Replaces everything; there are not more bytes than fit. */
    void set(byte[] bytes) {
        clear();
        System.arraycopy(bytes, 0, ring, 0, bytes.length);
        Arrays.fill(ring, bytes.length, ring.length, (byte) 0);
        count = bytes.length;
    }
}

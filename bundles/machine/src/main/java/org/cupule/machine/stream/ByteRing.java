package org.cupule.machine.stream;

/**
 * The last bytes of a stream, in the order in which they came.
 *
 * @threading confined: its owner holds a lock
 */
final class ByteRing {
    private final byte[] bytes;
    private int first;
    private int count;

    ByteRing(int capacity) {
        bytes = new byte[capacity];
    }

    int count() {
        return count;
    }

    boolean full() {
        return count == bytes.length;
    }

    /** Adds a byte; the oldest one gives way when the ring is full. */
    void add(int value) {
        if (full()) {
            take();
        }
        bytes[(first + count++) % bytes.length] = (byte) value;
    }

    /** {@return the oldest byte, 0 to 255, taken out; -1 when there is none} */
    int take() {
        if (count == 0) {
            return -1;
        }
        int value = bytes[first] & 0xFF;
        first = (first + 1) % bytes.length;
        count--;
        return value;
    }

    /** {@return the newest bytes, in order, at most {@code most}} */
    byte[] newest(int most) {
        int length = Math.min(most, count);
        byte[] copy = new byte[length];
        for (int i = 0; i < length; i++) {
            copy[i] = bytes[(first + count - length + i) % bytes.length];
        }
        return copy;
    }
}

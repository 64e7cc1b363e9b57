package org.cupule.dev.sample;

/**
 * A little piece of memory, little-endian.
 *
 * @threading confined to the device's gate
 */
final class Bytes {
    private byte[] bytes;

    Bytes(int length) {
        bytes = new byte[length];
    }

    /** {@return whether the whole access lies inside} */
    boolean contains(long at, int size) {
        return at >= 0 && at + size <= bytes.length;
    }

    long get(int at, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (bytes[at + i] & 0xFFL) << 8 * i;
        }
        return value;
    }

    void put(int at, int size, long value) {
        for (int i = 0; i < size; i++) {
            bytes[at + i] = (byte) (value >>> 8 * i);
        }
    }

    /** {@return the bytes themselves, for DMA} */
    byte[] array() {
        return bytes;
    }

    void set(byte[] values) {
        bytes = values;
    }

    void clear() {
        bytes = new byte[bytes.length];
    }
}

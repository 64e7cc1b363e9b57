package org.cupule.hw.cpu.oracle;

import java.util.Arrays;

/** A growing array of bytes, little-endian. */
final class Bytes {
    private byte[] bytes = new byte[64];
    private int length;

    Bytes put(long value, int count) {
        for (int i = 0; i < count; i++) {
            if (length == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * length);
            }
            bytes[length++] = (byte) (value >>> 8 * Math.min(i, 7));
        }
        return this;
    }

    Bytes put(byte[] more) {
        for (byte one : more) {
            put(one, 1);
        }
        return this;
    }

    int length() {
        return length;
    }

    byte[] toArray() {
        return Arrays.copyOf(bytes, length);
    }
}

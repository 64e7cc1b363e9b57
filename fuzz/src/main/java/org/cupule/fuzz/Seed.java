package org.cupule.fuzz;

import java.io.ByteArrayOutputStream;

/**
 * Writes what {@link Input} reads.
 *
 * @threading one thread
 */
final class Seed {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Seed octet(int value) {
        bytes.write(value);
        return this;
    }

    Seed wide(int value) {
        return octet(value).octet(value >>> 8);
    }

    Seed number(long value) {
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            octet((int) (value >>> shift));
        }
        return this;
    }

    Seed bytes(byte[] values) {
        bytes.writeBytes(values);
        return this;
    }

    byte[] toBytes() {
        return bytes.toByteArray();
    }
}

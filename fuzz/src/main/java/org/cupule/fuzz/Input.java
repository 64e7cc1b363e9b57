package org.cupule.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An input of a fuzzer, read from its first byte to its last: so that a seed can be written down ({@link Seed}). What
 * is behind the end is zero.
 *
 * @threading one thread
 */
final class Input {
    private final ByteBuffer bytes;

    Input(byte[] bytes) {
        this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    boolean more() {
        return bytes.hasRemaining();
    }

    /** {@return the next byte, 0 to 255} */
    int octet() {
        return more() ? bytes.get() & 0xFF : 0;
    }

    /** {@return the next byte as a number below a bound of at most 256} */
    int below(int bound) {
        return octet() % bound;
    }

    /** {@return the next two bytes as a number below a bound of at most 65536} */
    int wideBelow(int bound) {
        return (octet() | octet() << 8) % bound;
    }

    /** {@return the next 8 bytes} */
    long number() {
        return ByteBuffer.wrap(bytes(Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    /** {@return so many bytes} */
    byte[] bytes(int count) {
        byte[] next = new byte[count];
        bytes.get(next, 0, Math.min(count, bytes.remaining()));
        return next;
    }

    /** {@return all that is left} */
    byte[] rest() {
        return bytes(bytes.remaining());
    }
}

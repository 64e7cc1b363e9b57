package org.cupule.machine.loader;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A little-endian structure in the making.
 *
 * @threading confined to its maker
 */
public final class Bytes {
    private final ByteBuffer buffer;

    /** Begins with zeros. */
    public Bytes(int lengthBytes) {
        this(new byte[lengthBytes]);
    }

    /** Fills in these bytes. */
    public Bytes(byte[] bytes) {
        buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Writes 8 bits. */
    public Bytes u8(int offset, int value) {
        buffer.put(offset, (byte) value);
        return this;
    }

    /** Writes 16 bits. */
    public Bytes u16(int offset, int value) {
        buffer.putShort(offset, (short) value);
        return this;
    }

    /** Writes 32 bits. */
    public Bytes u32(int offset, long value) {
        buffer.putInt(offset, (int) value);
        return this;
    }

    /** Writes 64 bits. */
    public Bytes u64(int offset, long value) {
        buffer.putLong(offset, value);
        return this;
    }

    /** Writes these bytes. */
    public Bytes copy(int offset, byte[] source, int from, int lengthBytes) {
        buffer.put(offset, source, from, lengthBytes);
        return this;
    }

    /** {@return the bytes, not copied} */
    public byte[] array() {
        return buffer.array();
    }

    /** {@return a text with a terminating zero} */
    static byte[] text(String text) {
        return (text + '\0').getBytes(StandardCharsets.UTF_8);
    }
}

package org.cupule.machine.loader;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The bytes of an image, little-endian, with every access checked.
 *
 * @threading immutable: the array must not be changed
 */
final class ImageBytes {
    private static final VarHandle SHORT = view(short[].class);
    private static final VarHandle INT = view(int[].class);
    private static final VarHandle LONG = view(long[].class);

    private final String name;
    private final byte[] bytes;

    ImageBytes(String name, byte[] bytes) {
        this.name = name;
        this.bytes = bytes;
    }

    private static VarHandle view(Class<?> type) {
        return MethodHandles.byteArrayViewVarHandle(type, ByteOrder.LITTLE_ENDIAN);
    }

    byte[] array() {
        return bytes;
    }

    int length() {
        return bytes.length;
    }

    boolean has(long offset, long lengthBytes) {
        return offset >= 0 && lengthBytes >= 0 && offset <= bytes.length && lengthBytes <= bytes.length - offset;
    }

    int u8(long offset) {
        return bytes[checked(offset, 1)] & 0xFF;
    }

    int u16(long offset) {
        return (short) SHORT.get(bytes, checked(offset, 2)) & 0xFFFF;
    }

    long u32(long offset) {
        return (int) INT.get(bytes, checked(offset, 4)) & 0xFFFF_FFFFL;
    }

    long u64(long offset) {
        return (long) LONG.get(bytes, checked(offset, 8));
    }

    /** {@return the offset as an array index, when so many bytes are there} */
    int checked(long offset, long lengthBytes) {
        if (!has(offset, lengthBytes)) {
            throw bad("it is truncated: %d bytes at offset 0x%x are wanted, and it has %d in all", lengthBytes, offset,
                    bytes.length);
        }
        return (int) offset;
    }

    /** {@return the failure to throw: a sentence about this image} */
    HsmException bad(String sentence, Object... values) {
        return new HsmException(Errno.EINVAL, "image", "'" + name + "': " + sentence.formatted(values));
    }
}

package org.cupule.abi;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A view of one C structure over memory that somebody else owns, which needs no alignment. Unsigned numbers of 8 and 16
 * bits come as {@code int}, without sign; those of 32 and 64 bits keep their bits.
 *
 * @threading any thread; the memory is plain memory, and its owner says who may touch it when
 */
public abstract class CStruct {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment memory;

    /** Views the first bytes of a segment, which must have as many as the structure. */
    CStruct(GroupLayout layout, MemorySegment memory) {
        this.memory = memory.asSlice(0, layout.byteSize());
    }

    /** {@return the structure's bytes, and no more} */
    public final MemorySegment memory() {
        return memory;
    }

    final int u8(long offset) {
        return memory.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
    }

    final void u8(long offset, int value) {
        memory.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
    }

    final int u16(long offset) {
        return memory.get(U16, offset) & 0xFFFF;
    }

    final void u16(long offset, int value) {
        memory.set(U16, offset, (short) value);
    }

    final int u32(long offset) {
        return memory.get(U32, offset);
    }

    final void u32(long offset, int value) {
        memory.set(U32, offset, value);
    }

    final long u64(long offset) {
        return memory.get(U64, offset);
    }

    final void u64(long offset, long value) {
        memory.set(U64, offset, value);
    }

    final byte[] bytes(long offset, long count) {
        return memory.asSlice(offset, count).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Writes bytes and fills the rest of the member with zeros. */
    final void bytes(long offset, long count, byte[] value) {
        MemorySegment member = memory.asSlice(offset, count).fill((byte) 0);
        MemorySegment.copy(MemorySegment.ofArray(value), 0, member, 0, value.length);
    }

    /** {@return whether all bytes are zero, as reserved members must be} */
    final boolean zero(long offset, long count) {
        for (byte value : bytes(offset, count)) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }

    /** {@return where an element of an array lies; the index is checked} */
    static long element(long offset, int index, int count, int bytes) {
        return offset + (long) java.util.Objects.checkIndex(index, count) * bytes;
    }
}

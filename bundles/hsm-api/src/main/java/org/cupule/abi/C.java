package org.cupule.abi;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.lang.foreign.UnionLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The words of C with which this package describes its structures, so that a layout reads like its declaration.
 *
 * @threading immutable
 */
final class C {
    static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    private C() {
    }

    static MemoryLayout u8(String name) {
        return U8.withName(name);
    }

    static MemoryLayout u16(String name) {
        return U16.withName(name);
    }

    static MemoryLayout u32(String name) {
        return U32.withName(name);
    }

    static MemoryLayout u64(String name) {
        return U64.withName(name);
    }

    static MemoryLayout array(String name, long count, MemoryLayout element) {
        return MemoryLayout.sequenceLayout(count, element).withName(name);
    }

    /** {@return a structure whose members lie where a C compiler puts them, with the padding that it adds} */
    static StructLayout struct(String name, MemoryLayout... members) {
        return aligned(name, 1, members);
    }

    /** {@return the same with {@code __attribute__((aligned(alignment)))}} */
    static StructLayout aligned(String name, long alignment, MemoryLayout... members) {
        List<MemoryLayout> padded = new ArrayList<>();
        long offset = 0;
        long widest = alignment;
        for (MemoryLayout member : members) {
            offset = pad(padded, offset, member.byteAlignment());
            padded.add(member);
            offset += member.byteSize();
            widest = Math.max(widest, member.byteAlignment());
        }
        pad(padded, offset, widest);
        return MemoryLayout.structLayout(padded.toArray(MemoryLayout[]::new)).withByteAlignment(widest).withName(name);
    }

    /** {@return the same with {@code __attribute__((packed))}} */
    static StructLayout packed(String name, MemoryLayout... members) {
        MemoryLayout[] narrow = new MemoryLayout[members.length];
        for (int i = 0; i < members.length; i++) {
            narrow[i] = unaligned(members[i]);
        }
        return MemoryLayout.structLayout(narrow).withName(name);
    }

    private static MemoryLayout unaligned(MemoryLayout member) {
        return member instanceof java.lang.foreign.SequenceLayout array
                ? array(array.name().orElseThrow(), array.elementCount(), unaligned(array.elementLayout()))
                : member.withByteAlignment(1);
    }

    /** {@return a union; without a name its members belong to the structure around it} */
    static UnionLayout union(MemoryLayout... members) {
        return MemoryLayout.unionLayout(members);
    }

    private static long pad(List<MemoryLayout> padded, long offset, long alignment) {
        long next = (offset + alignment - 1) & -alignment;
        if (next > offset) {
            padded.add(MemoryLayout.paddingLayout(next - offset));
        }
        return next;
    }

    /** {@return where a member lies: {@code offset(LAYOUT, "vcpu_regs", "gdt")}} */
    static long offset(GroupLayout layout, String... path) {
        PathElement[] elements = new PathElement[path.length];
        for (int i = 0; i < path.length; i++) {
            elements[i] = PathElement.groupElement(path[i]);
        }
        return layout.byteOffset(elements);
    }
}

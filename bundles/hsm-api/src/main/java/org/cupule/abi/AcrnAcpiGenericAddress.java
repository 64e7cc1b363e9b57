package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_acpi_generic_address}: a register as ACPI names it; packed.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnAcpiGenericAddress extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.packed("acrn_acpi_generic_address", C.u8("space_id"), C.u8("bit_width"),
            C.u8("bit_offset"), C.u8("access_size"), C.u64("address"));

    private static final long SPACE_ID = C.offset(LAYOUT, "space_id");
    private static final long BIT_WIDTH = C.offset(LAYOUT, "bit_width");
    private static final long BIT_OFFSET = C.offset(LAYOUT, "bit_offset");
    private static final long ACCESS_SIZE = C.offset(LAYOUT, "access_size");
    private static final long ADDRESS = C.offset(LAYOUT, "address");

    /** Views the first bytes of a segment. */
    public AcrnAcpiGenericAddress(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the address space} */
    public int spaceId() {
        return u8(SPACE_ID);
    }

    /** Sets the address space. */
    public void spaceId(int value) {
        u8(SPACE_ID, value);
    }

    /** {@return the width in bits} */
    public int bitWidth() {
        return u8(BIT_WIDTH);
    }

    /** Sets the width in bits. */
    public void bitWidth(int value) {
        u8(BIT_WIDTH, value);
    }

    /** {@return the first bit} */
    public int bitOffset() {
        return u8(BIT_OFFSET);
    }

    /** Sets the first bit. */
    public void bitOffset(int value) {
        u8(BIT_OFFSET, value);
    }

    /** {@return the size of an access} */
    public int accessSize() {
        return u8(ACCESS_SIZE);
    }

    /** Sets the size of an access. */
    public void accessSize(int value) {
        u8(ACCESS_SIZE, value);
    }

    /** {@return the address} */
    public long address() {
        return u64(ADDRESS);
    }

    /** Sets the address. */
    public void address(long value) {
        u64(ADDRESS, value);
    }
}

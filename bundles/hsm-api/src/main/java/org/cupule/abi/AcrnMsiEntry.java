package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_msi_entry}: the argument of INJECT_MSI.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnMsiEntry extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_msi_entry", C.u64("msi_addr"), C.u64("msi_data"));

    private static final long ADDRESS = C.offset(LAYOUT, "msi_addr");
    private static final long DATA = C.offset(LAYOUT, "msi_data");

    /** Views the first bytes of a segment. */
    public AcrnMsiEntry(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the address that the device would write to} */
    public long address() {
        return u64(ADDRESS);
    }

    /** Sets the address that the device would write to. */
    public void address(long value) {
        u64(ADDRESS, value);
    }

    /** {@return the data that it would write} */
    public long data() {
        return u64(DATA);
    }

    /** Sets the data that it would write. */
    public void data(long value) {
        u64(DATA, value);
    }
}

package org.cupule.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_vdev}: the argument of CREATE_VDEV and DESTROY_VDEV.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnVdev extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_vdev",
            MemoryLayout.unionLayout(C.u64("value"),
                    C.struct("fields", C.u16("vendor"), C.u16("device"), C.u32("legacy_id"))).withName("id"),
            C.u64("slot"), C.array("io_addr", 6, C.U32), C.array("io_size", 6, C.U32), C.array("args", 128, C.U8));

    private static final long VENDOR = C.offset(LAYOUT, "id", "fields", "vendor");
    private static final long DEVICE = C.offset(LAYOUT, "id", "fields", "device");
    private static final long LEGACY_ID = C.offset(LAYOUT, "id", "fields", "legacy_id");
    private static final long SLOT = C.offset(LAYOUT, "slot");
    private static final long IO_ADDR = C.offset(LAYOUT, "io_addr");
    private static final long IO_SIZE = C.offset(LAYOUT, "io_size");
    private static final long ARGS = C.offset(LAYOUT, "args");

    /** Views the first bytes of a segment. */
    public AcrnVdev(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the vendor id} */
    public int vendor() {
        return u16(VENDOR);
    }

    /** Sets the vendor id. */
    public void vendor(int value) {
        u16(VENDOR, value);
    }

    /** {@return the device id} */
    public int device() {
        return u16(DEVICE);
    }

    /** Sets the device id. */
    public void device(int value) {
        u16(DEVICE, value);
    }

    /** {@return the id of a device that is not on PCI} */
    public int legacyId() {
        return u32(LEGACY_ID);
    }

    /** Sets the id of a device that is not on PCI. */
    public void legacyId(int value) {
        u32(LEGACY_ID, value);
    }

    /** {@return the function as the guest sees it} */
    public long slot() {
        return u64(SLOT);
    }

    /** Sets the function as the guest sees it. */
    public void slot(long value) {
        u64(SLOT, value);
    }

    /** {@return the address of a base address register; the index is 0 to 5} */
    public int ioAddr(int index) {
        return u32(element(IO_ADDR, index, 6, 4));
    }

    /** Sets the address of a base address register; the index is 0 to 5. */
    public void ioAddr(int index, int value) {
        u32(element(IO_ADDR, index, 6, 4), value);
    }

    /** {@return the size of a base address register; the index is 0 to 5} */
    public int ioSize(int index) {
        return u32(element(IO_SIZE, index, 6, 4));
    }

    /** Sets the size of a base address register; the index is 0 to 5. */
    public void ioSize(int index, int value) {
        u32(element(IO_SIZE, index, 6, 4), value);
    }

    /** {@return what the kind of device needs: 128 bytes} */
    public byte[] args() {
        return bytes(ARGS, 128);
    }

    /** Sets what the kind of device needs: at most 128 bytes, the rest becomes zero. */
    public void args(byte[] value) {
        bytes(ARGS, 128, value);
    }
}

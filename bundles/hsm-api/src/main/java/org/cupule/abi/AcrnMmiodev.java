package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_mmiodev}: the argument of ASSIGN_MMIODEV and DEASSIGN_MMIODEV.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnMmiodev extends CStruct {
    /** Resources of a device. */
    public static final int RESOURCES = 3;

    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_mmiodev", C.array("name", 8, C.U8),
            C.array("res", RESOURCES, Resource.LAYOUT));

    private static final long NAME = C.offset(LAYOUT, "name");
    private static final long RES = C.offset(LAYOUT, "res");

    /** Views the first bytes of a segment. */
    public AcrnMmiodev(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the name, padded with zeros: 8 bytes} */
    public byte[] name() {
        return bytes(NAME, 8);
    }

    /** Sets the name, padded with zeros: at most 8 bytes, the rest becomes zero. */
    public void name(byte[] value) {
        bytes(NAME, 8, value);
    }

    /** {@return a resource; the index is 0 to 2} */
    public Resource res(int index) {
        return new Resource(memory().asSlice(element(RES, index, RESOURCES, (int) Resource.LAYOUT.byteSize())));
    }

    /**
     * One resource of a device.
     *
     * @threading any thread; the memory's owner says who may touch it when
     */
    public static final class Resource extends CStruct {
        private static final StructLayout LAYOUT = C.struct("res", C.u64("user_vm_pa"), C.u64("service_vm_pa"),
                C.u64("size"), C.u64("mem_type"));

        Resource(MemorySegment memory) {
            super(LAYOUT, memory);
        }

        /** {@return the guest physical address} */
        public long userVmPa() {
            return u64(0);
        }

        /** Sets the guest physical address. */
        public void userVmPa(long value) {
            u64(0, value);
        }

        /** {@return the host physical address} */
        public long serviceVmPa() {
            return u64(8);
        }

        /** Sets the host physical address. */
        public void serviceVmPa(long value) {
            u64(8, value);
        }

        /** {@return the length in bytes; 0 for no resource} */
        public long size() {
            return u64(16);
        }

        /** Sets the length in bytes. */
        public void size(long value) {
            u64(16, value);
        }

        /** {@return the memory type} */
        public long memType() {
            return u64(24);
        }

        /** Sets the memory type. */
        public void memType(long value) {
            u64(24, value);
        }
    }
}

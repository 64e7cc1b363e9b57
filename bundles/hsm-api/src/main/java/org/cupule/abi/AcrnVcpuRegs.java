package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_vcpu_regs}: the argument of SET_VCPU_REGS.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnVcpuRegs extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_vcpu_regs", C.u16("vcpu_id"),
            C.array("reserved", 3, C.U16),
            AcrnRegs.LAYOUT.withName("vcpu_regs"));

    private static final long VCPU_ID = C.offset(LAYOUT, "vcpu_id");
    private static final long RESERVED_IS_ZERO = C.offset(LAYOUT, "reserved");
    private static final long REGS = C.offset(LAYOUT, "vcpu_regs");

    /** Views the first bytes of a segment. */
    public AcrnVcpuRegs(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the vCPU} */
    public int vcpuId() {
        return u16(VCPU_ID);
    }

    /** Sets the vCPU. */
    public void vcpuId(int value) {
        u16(VCPU_ID, value);
    }

    /** {@return whether the reserved array is zero} */
    public boolean reservedIsZero() {
        return zero(RESERVED_IS_ZERO, 6);
    }

    /** {@return its registers} */
    public AcrnRegs regs() {
        return new AcrnRegs(memory().asSlice(REGS));
    }
}

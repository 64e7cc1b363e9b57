package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_ioreq_notify}: the argument of NOTIFY_REQUEST_FINISH.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnIoreqNotify extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_ioreq_notify", C.u16("vmid"), C.u16("reserved"),
            C.u32("vcpu"));

    private static final long VMID = C.offset(LAYOUT, "vmid");
    private static final long RESERVED = C.offset(LAYOUT, "reserved");
    private static final long VCPU = C.offset(LAYOUT, "vcpu");

    /** Views the first bytes of a segment. */
    public AcrnIoreqNotify(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the VM id, which the driver ignores} */
    public int vmid() {
        return u16(VMID);
    }

    /** Sets the VM id, which the driver ignores. */
    public void vmid(int value) {
        u16(VMID, value);
    }

    /** {@return what must be zero} */
    public int reserved() {
        return u16(RESERVED);
    }

    /** Sets what must be zero. */
    public void reserved(int value) {
        u16(RESERVED, value);
    }

    /** {@return the vCPU whose request is answered} */
    public int vcpu() {
        return u32(VCPU);
    }

    /** Sets the vCPU whose request is answered. */
    public void vcpu(int value) {
        u32(VCPU, value);
    }
}

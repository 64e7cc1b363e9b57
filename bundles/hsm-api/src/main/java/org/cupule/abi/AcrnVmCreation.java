package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_vm_creation}: the argument of CREATE_VM, in and out. ACRN reads the {@code uuid} bytes as a name
 * ({@code hsm.md} 2.5).
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnVmCreation extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_vm_creation", C.u16("vmid"), C.u16("reserved0"),
            C.u16("vcpu_num"), C.u16("reserved1"), C.array("uuid", 16, C.U8), C.u64("vm_flag"), C.u64("ioreq_buf"),
            C.u64("cpu_affinity"));

    private static final long VMID = C.offset(LAYOUT, "vmid");
    private static final long RESERVED0 = C.offset(LAYOUT, "reserved0");
    private static final long VCPU_NUM = C.offset(LAYOUT, "vcpu_num");
    private static final long RESERVED1 = C.offset(LAYOUT, "reserved1");
    private static final long UUID = C.offset(LAYOUT, "uuid");
    private static final long VM_FLAG = C.offset(LAYOUT, "vm_flag");
    private static final long IOREQ_BUF = C.offset(LAYOUT, "ioreq_buf");
    private static final long CPU_AFFINITY = C.offset(LAYOUT, "cpu_affinity");

    /** Views the first bytes of a segment. */
    public AcrnVmCreation(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return the id of the VM that was made} */
    public int vmid() {
        return u16(VMID);
    }

    /** Sets the id of the VM that was made. */
    public void vmid(int value) {
        u16(VMID, value);
    }

    /** {@return what must be zero} */
    public int reserved0() {
        return u16(RESERVED0);
    }

    /** Sets what must be zero. */
    public void reserved0(int value) {
        u16(RESERVED0, value);
    }

    /** {@return how many vCPUs the VM got} */
    public int vcpuNum() {
        return u16(VCPU_NUM);
    }

    /** Sets how many vCPUs the VM got. */
    public void vcpuNum(int value) {
        u16(VCPU_NUM, value);
    }

    /** {@return what must be zero} */
    public int reserved1() {
        return u16(RESERVED1);
    }

    /** Sets what must be zero. */
    public void reserved1(int value) {
        u16(RESERVED1, value);
    }

    /** {@return the name, padded with zeros: 16 bytes} */
    public byte[] uuid() {
        return bytes(UUID, 16);
    }

    /** Sets the name, padded with zeros: at most 16 bytes, the rest becomes zero. */
    public void uuid(byte[] value) {
        bytes(UUID, 16, value);
    }

    /** {@return the flags wanted} */
    public long vmFlag() {
        return u64(VM_FLAG);
    }

    /** Sets the flags wanted. */
    public void vmFlag(long value) {
        u64(VM_FLAG, value);
    }

    /** {@return the address of the I/O request page: in the caller's space for the ioctl} */
    public long ioreqBuf() {
        return u64(IOREQ_BUF);
    }

    /** Sets the address of the I/O request page: in the caller's space for the ioctl. */
    public void ioreqBuf(long value) {
        u64(IOREQ_BUF, value);
    }

    /** {@return the processors wanted, a bit each} */
    public long cpuAffinity() {
        return u64(CPU_AFFINITY);
    }

    /** Sets the processors wanted, a bit each. */
    public void cpuAffinity(long value) {
        u64(CPU_AFFINITY, value);
    }
}

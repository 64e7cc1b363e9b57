package org.cupule.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct acrn_gp_regs}: general registers in the order RAX RCX RDX RBX RSP RBP RSI RDI R8 to R15.
 *
 * @threading any thread; the memory's owner says who may touch it when
 */
public final class AcrnGpRegs extends CStruct {
    /** The structure as C declares it. */
    public static final StructLayout LAYOUT = C.struct("acrn_gp_regs", C.u64("rax"), C.u64("rcx"), C.u64("rdx"),
            C.u64("rbx"), C.u64("rsp"), C.u64("rbp"), C.u64("rsi"), C.u64("rdi"), C.u64("r8"), C.u64("r9"),
            C.u64("r10"),
            C.u64("r11"), C.u64("r12"), C.u64("r13"), C.u64("r14"), C.u64("r15"));

    private static final long REGISTER = C.offset(LAYOUT, "rax");

    /** Views the first bytes of a segment. */
    public AcrnGpRegs(MemorySegment memory) {
        super(LAYOUT, memory);
    }

    /** {@return a register by its number in that order; the index is 0 to 15} */
    public long register(int index) {
        return u64(element(REGISTER, index, 16, 8));
    }

    /** Sets a register by its number in that order; the index is 0 to 15. */
    public void register(int index, long value) {
        u64(element(REGISTER, index, 16, 8), value);
    }
}

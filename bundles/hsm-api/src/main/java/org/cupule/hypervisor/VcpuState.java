package org.cupule.hypervisor;

/**
 * The registers that a vCPU starts with: {@code struct acrn_regs} without its reserved fields ({@code hsm.md} 2.5, 5).
 *
 * @param general
 *            RAX RCX RDX RBX RSP RBP RSI RDI R8 to R15: 16 numbers
 * @param rip
 *            instruction pointer
 * @param rflags
 *            flags; 0 becomes 2, else bits 0x8D5 are cleared
 * @param cr0
 *            control register 0
 * @param cr3
 *            control register 3
 * @param cr4
 *            control register 4
 * @param efer
 *            extended features
 * @param csBase
 *            base of CS
 * @param csLimit
 *            limit of CS in bytes
 * @param csAttributes
 *            attributes of CS as in a VMCS
 * @param selectors
 *            CS SS DS ES FS GS LDTR TR: 8 numbers
 * @param gdtBase
 *            base of the GDT
 * @param gdtLimit
 *            limit of the GDT
 * @param idtBase
 *            base of the IDT
 * @param idtLimit
 *            limit of the IDT
 * @threading immutable: the arrays must not be changed
 */
public record VcpuState(long[] general, long rip, long rflags, long cr0, long cr3, long cr4, long efer, long csBase,
        int csLimit, int csAttributes, int[] selectors, long gdtBase, int gdtLimit, long idtBase, int idtLimit) {
    /** Copies the arrays. */
    public VcpuState {
        general = java.util.Arrays.copyOf(general, 16);
        selectors = java.util.Arrays.copyOf(selectors, 8);
    }
}

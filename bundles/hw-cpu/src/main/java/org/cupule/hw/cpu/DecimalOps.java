package org.cupule.hw.cpu;

/**
 * The decimal adjustments. Source: SDM volume 2, "AAA", "AAD", "AAM", "AAS", "DAA", "DAS".
 *
 * @threading confined to its CPU
 */
final class DecimalOps {
    private final Processor cpu;
    private final Registers state;
    private final Alu alu;

    DecimalOps(Processor cpu, Alu alu) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.alu = alu;
    }

    /** DAA and DAS. */
    void adjust(boolean add) {
        int old = state.get8(Registers.RAX);
        boolean oldCf = state.cf();
        int al = old;
        boolean cf = false;
        boolean af = (old & 0xF) > 9 || state.af();
        if (af) {
            al += add ? 6 : -6;
            cf = oldCf || (al & ~0xFF) != 0;
        }
        if (old > 0x99 || oldCf) {
            al += add ? 0x60 : -0x60;
            cf = true;
        }
        state.set8(Registers.RAX, al);
        result(al, cf, af);
    }

    /** AAA and AAS. */
    void ascii(boolean add) {
        boolean adjust = (state.r[Registers.RAX] & 0xF) > 9 || state.af();
        int ax = (int) state.r[Registers.RAX] & 0xFFFF;
        if (adjust) {
            ax += add ? 0x106 : -0x106;
        }
        state.set16(Registers.RAX, ax & 0xFF0F);
        result(ax & 0x0F, adjust, adjust);
    }

    void aam(Op op) {
        int divisor = (int) op.imm & 0xFF;
        if (divisor == 0) {
            throw cpu.fault.of(X86.DE, Fault.NO_CODE);
        }
        int al = state.get8(Registers.RAX);
        state.set16(Registers.RAX, al / divisor << 8 | al % divisor);
        alu.logic(al % divisor, 1);
    }

    void aad(Op op) {
        int al = state.get8(Registers.RAX) + state.get8(20) * ((int) op.imm & 0xFF) & 0xFF;
        state.set16(Registers.RAX, al);
        alu.logic(al, 1);
    }

    private void result(int value, boolean cf, boolean af) {
        alu.logic(value & 0xFF, 1);
        state.flag(X86.CF | X86.AF, (cf ? X86.CF : 0) | (af ? X86.AF : 0));
    }
}

package org.cupule.hw.cpu;

import org.cupule.hardware.Register;

/**
 * Reads and writes registers by their names, from outside.
 *
 * @threading confined to its CPU
 */
final class RegisterFile {
    private RegisterFile() {
    }

    /** {@return the index in {@code segments} of the n-th of CS DS ES FS GS SS LDTR TR} */
    private static int segment(int n) {
        return switch (n) {
            case 0 -> X86.CS;
            case 1 -> X86.DS;
            case 2 -> X86.ES;
            case 3 -> X86.FS;
            case 4 -> X86.GS;
            case 5 -> X86.SS;
            case 6 -> X86.LDTR;
            default -> X86.TR;
        };
    }

    static long read(Processor cpu, Register register) {
        Registers state = cpu.state;
        return switch (register) {
            case RIP -> state.rip;
            case RFLAGS -> state.rflags();
            case CR0 -> state.cr0;
            case CR2 -> state.cr2;
            case CR3 -> state.cr3;
            case CR4 -> state.cr4;
            case EFER -> state.efer;
            case GDTR_BASE -> state.gdtBase;
            case GDTR_LIMIT -> state.gdtLimit;
            case IDTR_BASE -> state.idtBase;
            case IDTR_LIMIT -> state.idtLimit;
            case DR0, DR1, DR2, DR3 -> state.dr[register.ordinal() - Register.DR0.ordinal()];
            case DR6 -> state.dr[6] | 0xFFFF_0FF0L;
            case DR7 -> state.dr[7] | 0x400;
            default -> readGrouped(state, register.ordinal());
        };
    }

    private static long readGrouped(Registers state, int ordinal) {
        if (ordinal <= Register.R15.ordinal()) {
            return state.r[ordinal];
        }
        int n = ordinal - Register.CS.ordinal();
        Segment s = state.segments[segment(n % 8)];
        return switch (n / 8) {
            case 0 -> s.selector;
            case 1 -> s.base;
            case 2 -> s.limit;
            default -> s.attributes;
        };
    }

    static void write(Processor cpu, Register register, long value) {
        Registers state = cpu.state;
        switch (register) {
            case RIP -> state.rip = value;
            case RFLAGS -> state.rflags(value);
            case CR0 -> state.cr0 = value & X86.CR0_BITS | X86.CR0_ET;
            case CR2 -> state.cr2 = value;
            case CR3 -> state.cr3 = value;
            case CR4 -> state.cr4 = value;
            case EFER -> state.efer = value;
            case GDTR_BASE -> state.gdtBase = value;
            case GDTR_LIMIT -> state.gdtLimit = (int) value & 0xFFFF;
            case IDTR_BASE -> state.idtBase = value;
            case IDTR_LIMIT -> state.idtLimit = (int) value & 0xFFFF;
            case DR0, DR1, DR2, DR3 -> state.dr[register.ordinal() - Register.DR0.ordinal()] = value;
            case DR6 -> state.dr[6] = value;
            case DR7 -> state.dr[7] = value;
            default -> writeGrouped(state, register.ordinal(), value);
        }
        if (register == Register.CR0 || register == Register.SS_ATTRIBUTES || register == Register.CS) {
            state.cpl = (state.cr0 & X86.CR0_PE) == 0 ? 0 : state.segments[X86.CS].selector & 3;
        }
    }

    private static void writeGrouped(Registers state, int ordinal, long value) {
        if (ordinal <= Register.R15.ordinal()) {
            state.r[ordinal] = value;
            return;
        }
        int n = ordinal - Register.CS.ordinal();
        Segment s = state.segments[segment(n % 8)];
        switch (n / 8) {
            case 0 -> s.set((int) value & 0xFFFF, s.base, s.limit, s.attributes);
            case 1 -> s.base(value);
            case 2 -> s.set(s.selector, s.base, value, s.attributes);
            default -> s.set(s.selector, s.base, s.limit, (int) value);
        }
    }
}

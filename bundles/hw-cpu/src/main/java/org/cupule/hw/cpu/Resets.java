package org.cupule.hw.cpu;

import java.util.Arrays;

/**
 * The state after power-on, INIT and a start-up IPI. Source: SDM volume 3, "Processor State After Reset".
 *
 * @threading confined to its CPU
 */
final class Resets {
    private static final int DATA = 0x93;
    private static final int CODE = 0x9B;
    private static final int LDT = 0x82;
    private static final int BUSY_TSS = 0x8B;
    private static final long CR0 = 0x6000_0010L;

    private Resets() {
    }

    static void powerOn(Processor cpu) {
        cpu.msrs.reset();
        cpu.fpu.reset();
        cpu.fpuControl = 0x40;
        cpu.simd.reset();
        init(cpu);
    }

    /** As power-on, but MSRs, FPU and XMM registers stay; CD and NW of CR0 too. */
    static void init(Processor cpu) {
        Registers state = cpu.state;
        Arrays.fill(state.r, 0);
        state.r[Registers.RDX] = Cpuid.SIGNATURE;
        state.rip = 0xFFF0;
        state.rflags(2);
        state.cr0 = CR0;
        state.cr2 = state.cr3 = state.cr4 = state.efer = 0;
        for (int segment = X86.ES; segment <= X86.GS; segment++) {
            state.segments[segment].set(0, 0, 0xFFFF, DATA);
        }
        state.segments[X86.CS].set(0xF000, 0xFFFF_0000L, 0xFFFF, CODE);
        state.segments[X86.LDTR].set(0, 0, 0xFFFF, LDT);
        state.segments[X86.TR].set(0, 0, 0xFFFF, BUSY_TSS);
        state.gdtBase = state.idtBase = 0;
        state.gdtLimit = state.idtLimit = 0xFFFF;
        Arrays.fill(state.dr, 0);
        state.dr[6] = 0xFFFF_0FF0L;
        state.dr[7] = 0x400;
        state.cpl = 0;
        cpu.shadows(false, false);
        cpu.nmiBlocked = false;
    }

    static void startup(Processor cpu, int vector) {
        cpu.state.segments[X86.CS].set(vector << 8, (long) vector << 12, 0xFFFF, CODE);
        cpu.state.rip = 0;
    }
}

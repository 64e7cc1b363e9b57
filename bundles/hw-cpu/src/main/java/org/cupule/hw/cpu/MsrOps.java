package org.cupule.hw.cpu;

import org.cupule.hardware.CpuExit;

/**
 * RDMSR, WRMSR and the time stamp counter. A register that the CPU does not keep leaves as an exit.
 *
 * <p>
 * Source: SDM volume 4, "Model-Specific Registers".
 *
 * @threading confined to its CPU
 */
final class MsrOps {
    private final Processor cpu;
    private final Registers state;
    private final Msrs msrs;
    private final ControlOps control;

    MsrOps(Processor cpu, ControlOps control) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.msrs = cpu.msrs;
        this.control = control;
    }

    long timeStamp() {
        return cpu.context.timeStampCounter() + msrs.tscOffset;
    }

    void rdtsc() {
        if ((state.cr4 & X86.CR4_TSD) != 0 && state.cpl != 0) {
            throw cpu.gp(0);
        }
        pair(timeStamp());
    }

    void rdtscp() {
        rdtsc();
        state.set(Registers.RCX, 4, msrs.tscAux);
    }

    private void pair(long value) {
        state.set(Registers.RAX, 4, value);
        state.set(Registers.RDX, 4, value >>> 32);
    }

    void read() {
        cpu.requireRing0();
        pair(value((int) state.r[Registers.RCX]));
    }

    private long value(int msr) {
        int fixed = Msrs.fixed(msr);
        if (fixed >= 0) {
            return msrs.mtrrFixed[fixed];
        }
        if (Msrs.variable(msr)) {
            return msrs.mtrrVariable[msr - 0x200];
        }
        return switch (msr) {
            case Msrs.TSC -> timeStamp();
            case Msrs.TSC_ADJUST -> msrs.tscAdjust;
            case Msrs.PLATFORM_ID, Msrs.BIOS_SIGN_ID, Msrs.MCG_CAP, Msrs.MCG_STATUS -> 0;
            case Msrs.MTRR_CAP -> Msrs.MTRR_CAP_VALUE;
            case Msrs.ARCH_CAPABILITIES -> Msrs.ARCH_CAPABILITIES_VALUE;
            case Msrs.SYSENTER_CS -> msrs.sysenterCs;
            case Msrs.SYSENTER_ESP -> msrs.sysenterEsp;
            case Msrs.SYSENTER_EIP -> msrs.sysenterEip;
            case Msrs.MISC_ENABLE -> msrs.miscEnable;
            case Msrs.PAT -> msrs.pat;
            case Msrs.MTRR_DEF_TYPE -> msrs.mtrrDefType;
            case Msrs.EFER -> state.efer;
            case Msrs.STAR -> msrs.star;
            case Msrs.LSTAR -> msrs.lstar;
            case Msrs.CSTAR -> msrs.cstar;
            case Msrs.FMASK -> msrs.fmask;
            case Msrs.FS_BASE -> state.segments[X86.FS].base;
            case Msrs.GS_BASE -> state.segments[X86.GS].base;
            case Msrs.KERNEL_GS_BASE -> msrs.kernelGsBase;
            case Msrs.TSC_AUX -> msrs.tscAux;
            default -> cpu.log.access(CpuExit.MSR, msr & 0xFFFF_FFFFL, 8, false, 0);
        };
    }

    void write() {
        cpu.requireRing0();
        int msr = (int) state.r[Registers.RCX];
        long value = state.get(Registers.RDX, 4) << 32 | state.get(Registers.RAX, 4);
        int fixed = Msrs.fixed(msr);
        if (fixed >= 0) {
            require(Msrs.types(value, false));
            msrs.mtrrFixed[fixed] = value;
        } else if (Msrs.variable(msr)) {
            require((value & ~((1L << Paging.PHYSICAL_BITS) - 1)) == 0);
            msrs.mtrrVariable[msr - 0x200] = value;
        } else {
            set(msr, value);
        }
    }

    private void require(boolean legal) {
        if (!legal) {
            throw cpu.gp(0);
        }
    }

    private static boolean canonical(long value) {
        return value << 16 >> 16 == value;
    }

    private void set(int msr, long value) {
        switch (msr) {
            case Msrs.TSC -> {
                long by = value - timeStamp();
                msrs.tscOffset += by;
                msrs.tscAdjust += by;
            }
            case Msrs.TSC_ADJUST -> {
                msrs.tscOffset += value - msrs.tscAdjust;
                msrs.tscAdjust = value;
            }
            case Msrs.BIOS_SIGN_ID, Msrs.MCG_STATUS -> require(value == 0 || msr == Msrs.BIOS_SIGN_ID);
            case Msrs.SYSENTER_CS -> msrs.sysenterCs = value & 0xFFFF_FFFFL;
            case Msrs.SYSENTER_ESP -> {
                require(canonical(value));
                msrs.sysenterEsp = value;
            }
            case Msrs.SYSENTER_EIP -> {
                require(canonical(value));
                msrs.sysenterEip = value;
            }
            case Msrs.MISC_ENABLE -> msrs.miscEnable = value;
            case Msrs.PAT -> {
                require(Msrs.types(value, true));
                msrs.pat = value;
            }
            case Msrs.MTRR_DEF_TYPE -> {
                require((value & ~0xCFFL) == 0 && Msrs.types(value & 0xFF, false));
                msrs.mtrrDefType = value;
            }
            case Msrs.EFER -> control.efer(value);
            case Msrs.STAR -> msrs.star = value;
            case Msrs.LSTAR -> {
                require(canonical(value));
                msrs.lstar = value;
            }
            case Msrs.CSTAR -> {
                require(canonical(value));
                msrs.cstar = value;
            }
            case Msrs.FMASK -> msrs.fmask = value & 0xFFFF_FFFFL;
            case Msrs.FS_BASE -> base(X86.FS, value);
            case Msrs.GS_BASE -> base(X86.GS, value);
            case Msrs.KERNEL_GS_BASE -> {
                require(canonical(value));
                msrs.kernelGsBase = value;
            }
            case Msrs.TSC_AUX -> {
                require(value >>> 32 == 0);
                msrs.tscAux = value;
            }
            case Msrs.PLATFORM_ID, Msrs.MTRR_CAP, Msrs.ARCH_CAPABILITIES, Msrs.MCG_CAP -> throw cpu.gp(0);
            default -> cpu.log.access(CpuExit.MSR, msr & 0xFFFF_FFFFL, 8, true, value);
        }
    }

    private void base(int segment, long value) {
        require(canonical(value));
        state.segments[segment].base(value);
    }

    void swapgs() {
        cpu.requireRing0();
        long base = state.segments[X86.GS].base;
        state.segments[X86.GS].base(msrs.kernelGsBase);
        msrs.kernelGsBase = base;
    }
}

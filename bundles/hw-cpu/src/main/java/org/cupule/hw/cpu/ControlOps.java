package org.cupule.hw.cpu;

import static org.cupule.hw.cpu.X86.CR0_CD;
import static org.cupule.hw.cpu.X86.CR0_ET;
import static org.cupule.hw.cpu.X86.CR0_NW;
import static org.cupule.hw.cpu.X86.CR0_PE;
import static org.cupule.hw.cpu.X86.CR0_PG;
import static org.cupule.hw.cpu.X86.CR4_PAE;
import static org.cupule.hw.cpu.X86.EFER_LMA;
import static org.cupule.hw.cpu.X86.EFER_LME;

import org.cupule.hardware.CpuExit;

/**
 * Control and debug registers, descriptor table registers, and mode changes.
 *
 * <p>
 * Source: SDM volume 2, "MOV (Control Registers)", "LGDT", "SMSW", "LMSW", "INVLPG"; volume 3, "Mode Switching".
 *
 * @threading confined to its CPU
 */
final class ControlOps {

    private final Processor cpu;
    private final Registers state;
    private final PhysicalMemory pdptes;

    ControlOps(Processor cpu) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.pdptes = new PhysicalMemory(cpu.context);
    }

    // --- control registers

    void movFrom(Op op) {
        requireExisting(op.reg);
        cpu.requireRing0();
        long value = switch (op.reg) {
            case 0 -> state.cr0;
            case 2 -> state.cr2;
            case 3 -> state.cr3;
            case 4 -> state.cr4;
            default -> cpu.log.access(CpuExit.CR8, 0, 1, false, 0);
        };
        state.set(op.rm, op.size, value);
    }

    private void requireExisting(int register) {
        if (register != 0 && register != 2 && register != 3 && register != 4 && (register != 8 || !state.long64)) {
            throw cpu.ud();
        }
    }

    void movTo(Op op) {
        requireExisting(op.reg);
        cpu.requireRing0();
        long value = state.get(op.rm, op.size);
        switch (op.reg) {
            case 0 -> cr0(value);
            case 2 -> state.cr2 = value;
            case 3 -> cr3(value);
            case 4 -> cr4(value);
            default -> {
                if ((value & ~15L) != 0) {
                    throw cpu.gp(0);
                }
                cpu.log.access(CpuExit.CR8, 0, 1, true, value);
            }
        }
    }

    void cr0(long value) {
        boolean paging = (value & CR0_PG) != 0;
        boolean wasPaging = (state.cr0 & CR0_PG) != 0;
        if (value >>> 32 != 0 || paging && (value & CR0_PE) == 0 || (value & CR0_NW) != 0 && (value & CR0_CD) == 0) {
            throw cpu.gp(0);
        }
        long next = value & X86.CR0_BITS | CR0_ET;
        if (paging && !wasPaging && (state.efer & EFER_LME) != 0) {
            if ((state.cr4 & CR4_PAE) == 0 || (state.segments[X86.CS].attributes & Segment.LONG) != 0) {
                throw cpu.gp(0);
            }
            state.efer |= EFER_LMA;
        } else if (!paging && wasPaging && state.longMode()) {
            if (state.long64) {
                throw cpu.gp(0);
            }
            state.efer &= ~EFER_LMA;
        } else if (paging && !wasPaging && (state.cr4 & CR4_PAE) != 0) {
            loadPdptes(state.cr3);
        }
        long changed = state.cr0 ^ next;
        state.cr0 = next;
        if ((changed & (CR0_PG | X86.CR0_WP | CR0_PE)) != 0) {
            cpu.mmu.flush();
        }
        if ((changed & CR0_PE) != 0 && (next & CR0_PE) == 0) {
            state.cpl = 0;
        }
        cpu.modeChanged();
    }

    private void cr3(long value) {
        if (state.longMode()) {
            if ((value & ~((1L << Paging.PHYSICAL_BITS) - 1)) != 0) {
                throw cpu.gp(0);
            }
        } else if ((state.cr0 & CR0_PG) != 0 && (state.cr4 & CR4_PAE) != 0) {
            loadPdptes(value);
        }
        state.cr3 = value;
        cpu.mmu.flushLocal();
    }

    private void cr4(long value) {
        if ((value & ~X86.CR4_BITS) != 0 || state.longMode() && (value & CR4_PAE) == 0) {
            throw cpu.gp(0);
        }
        long changed = state.cr4 ^ value;
        if ((state.cr0 & CR0_PG) != 0 && !state.longMode() && (value & CR4_PAE) != 0
                && (changed & (CR4_PAE | X86.CR4_PSE | X86.CR4_PGE)) != 0) {
            loadPdptes(state.cr3);
        }
        state.cr4 = value;
        if ((changed & (CR4_PAE | X86.CR4_PSE | X86.CR4_PGE)) != 0) {
            cpu.mmu.flush();
        }
    }

    /** Follows a change from outside: nothing is loaded where an entry has a reserved bit set. */
    void reloadPdptes() {
        if ((state.cr0 & CR0_PG) != 0 && (state.cr4 & CR4_PAE) != 0 && !state.longMode()) {
            pdptes.flush();
            new Paging(state, pdptes, cpu.fault).loadPdptes(state.cr3);
        }
    }

    private void loadPdptes(long cr3) {
        pdptes.flush();
        if (!new Paging(state, pdptes, cpu.fault).loadPdptes(cr3)) {
            throw cpu.gp(0);
        }
    }

    void efer(long value) {
        if ((value & ~X86.EFER_BITS) != 0
                || ((value ^ state.efer) & EFER_LME) != 0 && (state.cr0 & CR0_PG) != 0) {
            throw cpu.gp(0);
        }
        long changed = value ^ state.efer;
        state.efer = value & ~EFER_LMA | state.efer & EFER_LMA;
        if ((changed & X86.EFER_NXE) != 0) {
            cpu.mmu.flush();
        }
    }

    void clts() {
        cpu.requireRing0();
        state.cr0 &= ~X86.CR0_TS;
    }

    void smsw(Op op) {
        if (op.memory) {
            cpu.mmu.store16(cpu.writeAddress(op, 2), (int) state.cr0);
        } else {
            state.set(op.rm, op.size, state.cr0);
        }
    }

    /** LMSW changes the lower four bits, and never clears PE. */
    void lmsw(Op op) {
        cpu.requireRing0();
        long value = cpu.readRm(op, 2) & 15;
        cr0(state.cr0 & ~14L | value | state.cr0 & CR0_PE);
    }

    void invlpg(Op op) {
        cpu.requireRing0();
        long offset = cpu.offset(op);
        Segment s = state.segments[op.segment];
        cpu.mmu.drop(state.long64 ? op.segment >= X86.FS ? s.base + offset : offset : s.base + offset & 0xFFFF_FFFFL);
    }

    // --- debug registers

    void movFromDebug(Op op) {
        int number = debugRegister(op);
        state.set(op.rm, op.size, number == 6
                ? state.dr[6] | 0xFFFF_0FF0L
                : number == 7 ? state.dr[7] | 0x400 : state.dr[number]);
    }

    void movToDebug(Op op) {
        int number = debugRegister(op);
        long value = state.get(op.rm, op.size);
        if (number >= 6 && value >>> 32 != 0) {
            throw cpu.gp(0);
        }
        state.dr[number] = number == 6 ? value & 0xE00F : number == 7 ? value & 0xFFFF_2BFFL : value;
        state.watch(Registers.DEBUG, (state.dr[7] & 0xFF) != 0);
        cpu.mmu.flush(); // pages with a data breakpoint have no translations
    }

    private int debugRegister(Op op) {
        int number = op.reg;
        if (number > 7 || (number == 4 || number == 5) && (state.cr4 & X86.CR4_DE) != 0) {
            throw cpu.ud();
        }
        cpu.requireRing0();
        if ((state.dr[7] & 1 << 13) != 0) {
            state.dr[7] &= ~(1 << 13);
            state.dr[6] |= 1 << 13;
            throw cpu.fault.of(X86.DB, Fault.NO_CODE);
        }
        return number == 4 ? 6 : number == 5 ? 7 : number;
    }

    // --- descriptor tables

    void storeTable(Op op, long base, int limit) {
        int size = state.long64 ? 8 : 4;
        long offset = cpu.offset(op);
        long first = cpu.linear(op.segment, offset, 2, true);
        long second = cpu.linear(op.segment, offset + 2 & op.addressMask, size, true);
        cpu.mmu.probe(second + size - 1, true);
        cpu.mmu.store16(first, limit);
        cpu.mmu.store(second, size, base);
    }

    void loadTable(Op op, boolean interrupts) {
        cpu.requireRing0();
        int size = state.long64 ? 8 : 4;
        long offset = cpu.offset(op);
        int limit = cpu.mmu.load16(cpu.linear(op.segment, offset, 2, false));
        long base = cpu.mmu.load(cpu.linear(op.segment, offset + 2 & op.addressMask, size, false), size);
        if (state.long64 && base << 16 >> 16 != base) {
            throw cpu.gp(0);
        }
        base = !state.long64 && op.size == 2 ? base & 0xFF_FFFF : base;
        if (interrupts) {
            state.idtBase = base;
            state.idtLimit = limit;
        } else {
            state.gdtBase = base;
            state.gdtLimit = limit;
        }
    }
}

package org.cupule.hv.sim;

import static org.cupule.hardware.Register.*;

import java.util.LinkedHashMap;
import java.util.Map;
import org.cupule.hardware.Cpu;
import org.cupule.hardware.Lapic;
import org.cupule.hardware.Register;
import org.cupule.hypervisor.VcpuState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * How the registers of {@code SET_VCPU_REGS} reach a CPU ({@code hsm.md} 5).
 *
 * @threading immutable
 */
final class StartState {
    private static final Register[] GENERAL = {RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14,
            R15};
    /** In the order of {@code VcpuState.selectors}; each is followed by its base, limit and attributes. */
    private static final Register[][] SEGMENTS = {{CS, CS_BASE, CS_LIMIT, CS_ATTRIBUTES},
            {SS, SS_BASE, SS_LIMIT, SS_ATTRIBUTES}, {DS, DS_BASE, DS_LIMIT, DS_ATTRIBUTES},
            {ES, ES_BASE, ES_LIMIT, ES_ATTRIBUTES}, {FS, FS_BASE, FS_LIMIT, FS_ATTRIBUTES},
            {GS, GS_BASE, GS_LIMIT, GS_ATTRIBUTES}, {LDTR, LDTR_BASE, LDTR_LIMIT, LDTR_ATTRIBUTES},
            {TR, TR_BASE, TR_LIMIT, TR_ATTRIBUTES}};
    private static final int DATA_SEGMENTS = 6;

    private static final long PE = 1;
    private static final long ET = 1 << 4;
    private static final long NW = 1L << 29;
    private static final long CD = 1L << 30;
    private static final long PG = 1L << 31;
    /** PE MP EM TS ET NE WP AM NW CD PG. */
    private static final long CR0_DEFINED = 0xE005_003FL;
    private static final long PAE = 1 << 5;
    /** VME to OSXMMEXCPT, UMIP, FSGSBASE, PCIDE, OSXSAVE, SMEP, SMAP, PKE: no LA57, no VMX, no SMX. */
    private static final long CR4_DEFINED = 0x77_0FFFL;
    private static final long LME = 1 << 8;
    private static final long RFLAGS_CLEARED = 0x8D5;
    private static final int REAL_DATA = 0x93;
    private static final int FLAT_DATA = 0xC093;
    private static final int LDT = 0x82;
    private static final int BUSY_TSS = 0x8B;

    private static final int SPURIOUS = 0xF0;
    private static final int APIC_SOFTWARE_ENABLED = 1 << 8;
    private static final int LVT_LINT0 = 0x350;
    private static final int LVT_LINT1 = 0x360;

    private StartState() {
    }

    /** Refuses what no processor could hold, with EPERM ({@code hsm.md} 5.2). */
    static void check(VcpuState state) {
        long cr0 = state.cr0();
        boolean paged = (cr0 & PG) != 0;
        refuse((cr0 & ~CR0_DEFINED) != 0, "CR0", cr0, "has reserved bits");
        refuse(paged && (cr0 & PE) == 0, "CR0", cr0, "has PG without PE");
        refuse((cr0 & NW) != 0 && (cr0 & CD) == 0, "CR0", cr0, "has NW without CD");
        refuse((state.cr4() & ~CR4_DEFINED) != 0, "CR4", state.cr4(), "has reserved bits");
        refuse(paged && (state.efer() & LME) != 0 && (state.cr4() & PAE) == 0, "CR4", state.cr4(),
                "lacks PAE, which long mode needs");
    }

    private static void refuse(boolean wrong, String register, long value, String sentence) {
        if (wrong) {
            throw new HsmException(Errno.EPERM, "set registers", "%s = 0x%x %s".formatted(register, value, sentence));
        }
    }

    /** Puts the registers into a CPU that stands still. */
    static void apply(VcpuState state, Cpu cpu) {
        for (int i = 0; i < GENERAL.length; i++) {
            cpu.register(GENERAL[i], state.general()[i]);
        }
        cpu.register(EFER, state.efer());
        cpu.register(CR4, state.cr4());
        cpu.register(CR3, state.cr3());
        cpu.register(CR0, state.cr0() | ET);
        segments(state, cpu);
        cpu.register(GDTR_BASE, state.gdtBase());
        cpu.register(GDTR_LIMIT, state.gdtLimit());
        cpu.register(IDTR_BASE, state.idtBase());
        cpu.register(IDTR_LIMIT, state.idtLimit());
        cpu.register(RIP, state.rip());
        cpu.register(RFLAGS, state.rflags() == 0 ? 2 : state.rflags() & ~RFLAGS_CLEARED | 2);
    }

    private static void segments(VcpuState state, Cpu cpu) {
        boolean flat = (state.cr0() & PE) != 0;
        int[] selectors = state.selectors();
        for (int i = 1; i < DATA_SEGMENTS; i++) {
            segment(cpu, i, selectors[i], 0, flat ? 0xFFFF_FFFFL : 0xFFFF, flat ? FLAT_DATA : REAL_DATA);
        }
        segment(cpu, 6, selectors[6], 0, 0xFFFF, LDT);
        segment(cpu, 7, selectors[7], 0, 0xFFFF, BUSY_TSS);
        segment(cpu, 0, selectors[0], state.csBase(), state.csLimit() & 0xFFFF_FFFFL, state.csAttributes());
    }

    private static void segment(Cpu cpu, int index, int selector, long base, long limit, int attributes) {
        cpu.register(SEGMENTS[index][0], selector & 0xFFFF);
        cpu.register(SEGMENTS[index][1], base);
        cpu.register(SEGMENTS[index][2], limit);
        cpu.register(SEGMENTS[index][3], attributes);
    }

    /**
     * Sets up the virtual wire from the 8259 pair through the local APIC, as firmware leaves it (MultiProcessor
     * Specification 1.4, section 3.6.2.2): enabled, LINT0 ExtINT, LINT1 NMI.
     */
    static void virtualWire(Lapic lapic) {
        lapic.write(SPURIOUS, APIC_SOFTWARE_ENABLED | 0xFF);
        lapic.write(LVT_LINT0, Lapic.EXTINT << 8);
        lapic.write(LVT_LINT1, Lapic.NMI << 8);
    }

    /** {@return all registers by name, in the order of {@link Register}} */
    static Map<String, Long> read(Cpu cpu) {
        var registers = new LinkedHashMap<String, Long>();
        for (Register register : Register.values()) {
            registers.put(register.name(), cpu.register(register));
        }
        return registers;
    }

    /** {@return a report of a CPU that shut down: registers, four a line, and where the last blocks began} */
    static String report(Cpu cpu) {
        var text = new StringBuilder();
        int column = 0;
        for (var register : read(cpu).entrySet()) {
            text.append("%-13s %016x".formatted(register.getKey(), register.getValue()))
                    .append(++column % 4 == 0 ? "\n" : "  ");
        }
        text.append("\nlast blocks, oldest first:");
        long[] blocks = cpu.recentBlocks();
        for (int i = 0; i < blocks.length; i++) {
            text.append(i % 8 == 0 ? "\n  " : " ").append("%x".formatted(blocks[i]));
        }
        return text.append("\nretired instructions: ").append(cpu.retired()).toString();
    }
}

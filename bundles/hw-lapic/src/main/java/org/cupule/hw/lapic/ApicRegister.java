package org.cupule.hw.lapic;

/**
 * Offsets of the registers in the xAPIC page, and what may be done with each. An x2APIC MSR 0x800 + n is offset n * 16.
 *
 * <pre>
 *  020 ID   030 VER   080 TPR  090 APR  0A0 PPR  0B0 EOI  0C0 RRD  0D0 LDR  0E0 DFR  0F0 SVR
 *  100 ISR (8)        180 TMR (8)       200 IRR (8)       280 ESR
 *  300 ICR low        310 ICR high
 *  320 timer  330 thermal  340 performance  350 LINT0  360 LINT1  370 error          the local vector table
 *  380 initial count  390 current count  3E0 divide  3F0 self IPI (x2APIC)
 * </pre>
 *
 * <p>
 * Source: Intel SDM volume 3, "Local APIC Register Address Map" and "x2APIC Register Address Space".
 *
 * @threading immutable
 */
final class ApicRegister {
    static final int ID = 0x020;
    static final int VERSION = 0x030;
    static final int TPR = 0x080;
    static final int APR = 0x090;
    static final int PPR = 0x0A0;
    static final int EOI = 0x0B0;
    static final int RRD = 0x0C0;
    static final int LDR = 0x0D0;
    static final int DFR = 0x0E0;
    static final int SVR = 0x0F0;
    static final int ISR = 0x100;
    static final int TMR = 0x180;
    static final int IRR = 0x200;
    static final int ESR = 0x280;
    static final int ICR_LOW = 0x300;
    static final int ICR_HIGH = 0x310;
    static final int LVT_TIMER = 0x320;
    static final int LVT_LINT0 = 0x350;
    static final int LVT_ERROR = 0x370;
    static final int INITIAL_COUNT = 0x380;
    static final int CURRENT_COUNT = 0x390;
    static final int DIVIDE = 0x3E0;
    static final int SELF_IPI = 0x3F0;

    /** MSR IA32_APIC_BASE. */
    static final int MSR_BASE = 0x1B;
    /** MSR IA32_TSC_DEADLINE. */
    static final int MSR_TSC_DEADLINE = 0x6E0;
    /** First MSR of the x2APIC registers. */
    static final int MSR_X2APIC = 0x800;

    /** A bit for each offset / 16 that is a register of the xAPIC page. */
    private static final long XAPIC = bits(ID, VERSION, TPR, APR, PPR, EOI, RRD, LDR, DFR, SVR, ESR, ICR_LOW, ICR_HIGH,
            INITIAL_COUNT, CURRENT_COUNT, DIVIDE) | range(ISR, ESR - 16) | range(LVT_TIMER, LVT_ERROR);
    /** A bit for each x2APIC MSR that RDMSR reads. */
    private static final long X2APIC_READ = XAPIC & ~bits(APR, EOI, RRD, DFR, ICR_HIGH);
    /** A bit for each x2APIC MSR that WRMSR writes. */
    private static final long X2APIC_WRITE = bits(TPR, EOI, SVR, ESR, ICR_LOW, INITIAL_COUNT, DIVIDE, SELF_IPI)
            | range(LVT_TIMER, LVT_ERROR);

    private ApicRegister() {
    }

    private static long bits(int... offsets) {
        long bits = 0;
        for (int offset : offsets) {
            bits |= 1L << (offset >> 4);
        }
        return bits;
    }

    private static long range(int first, int last) {
        return -1L << (first >> 4) & -1L >>> 63 - (last >> 4);
    }

    /** {@return whether the xAPIC page has a register here} */
    static boolean inPage(int offset) {
        return offset < 0x400 && (XAPIC >>> (offset >> 4) & 1) != 0;
    }

    /** {@return whether RDMSR of this x2APIC register is legal} */
    static boolean msrReadable(int offset) {
        return offset < 0x400 && (X2APIC_READ >>> (offset >> 4) & 1) != 0;
    }

    /** {@return whether WRMSR of this x2APIC register is legal with this value: no reserved bit is set} */
    static boolean msrWritable(int offset, long value) {
        return offset < 0x400 && (X2APIC_WRITE >>> (offset >> 4) & 1) != 0 && (value & ~msrBits(offset)) == 0;
    }

    /**
     * {@return the bits of an x2APIC register that are not reserved; those that are read-only count as not reserved}
     */
    private static long msrBits(int offset) {
        return switch (offset) {
            case TPR, SELF_IPI -> 0xFF;
            case SVR -> SpuriousVector.WRITABLE;
            case ICR_LOW -> 0xFFFF_FFFFL << 32 | InterruptCommand.WRITABLE;
            case INITIAL_COUNT -> 0xFFFF_FFFFL;
            case DIVIDE -> 0xB;
            case EOI, ESR -> 0;
            default -> LocalVector.defined((offset - LVT_TIMER) >> 4);
        };
    }
}

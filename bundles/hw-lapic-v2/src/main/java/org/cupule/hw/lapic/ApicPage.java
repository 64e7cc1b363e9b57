package org.cupule.hw.lapic;

/**
 * The registers as a table: what each 16-byte slot of the page is, and which bits of it exist. Everything that the two
 * faces of the APIC, page and MSRs, have in common is said here once.
 *
 * <pre>
 *  slot 02 ID 03 VER 08 TPR 09 APR 0A PPR 0B EOI 0C RRD 0D LDR 0E DFR 0F SVR 10 ISR 18 TMR 20 IRR 28 ESR
 *       30 ICR 31 ICR high 32 timer 33 thermal 34 performance 35 LINT0 36 LINT1 37 error 38 initial 39 current
 *       3E divide 3F self IPI
 *
 *  local vector  18 17  16  15  14  13  12 11 10    8 7       0
 *               +-----+---+---+---+---+--+--+--------+---------+   timer mode, masked, level, remote IRR, active low,
 *               |mode | M | T | R | P |S | 0|delivery| vector  |   status (idle)
 *               +-----+---+---+---+---+--+--+--------+---------+
 * </pre>
 *
 * <p>
 * Source: Intel SDM volume 3, "Local APIC Register Address Map", "x2APIC Register Address Space".
 *
 * @threading immutable
 */
final class ApicPage {
    static final int SLOTS = 64;
    static final int ID = 0x02;
    static final int VERSION = 0x03;
    static final int TPR = 0x08;
    static final int PPR = 0x0A;
    static final int EOI = 0x0B;
    static final int LDR = 0x0D;
    static final int DFR = 0x0E;
    static final int SVR = 0x0F;
    static final int ISR = 0x10;
    static final int TMR = 0x18;
    static final int IRR = 0x20;
    static final int ESR = 0x28;
    static final int ICR = 0x30;
    static final int ICR_HIGH = 0x31;
    static final int TIMER = 0x32;
    static final int LINT0 = 0x35;
    static final int LINT1 = 0x36;
    static final int ERROR = 0x37;
    static final int INITIAL = 0x38;
    static final int CURRENT = 0x39;
    static final int DIVIDE = 0x3E;
    static final int SELF_IPI = 0x3F;

    static final int MASKED = 1 << 16;
    static final int LEVEL = 1 << 15;
    static final int REMOTE_IRR = 1 << 14;
    static final int ACTIVE_LOW = 1 << 13;
    static final int ENABLE = 1 << 8;
    static final int SUPPRESS_EOI_BROADCAST = 1 << 12;

    /** There is a register in the page. */
    private static final int PAGE = 1;
    /** RDMSR is legal in x2APIC mode. */
    private static final int MSR_READ = 2;
    /** WRMSR is legal in x2APIC mode. */
    private static final int MSR_WRITE = 4;
    private static final byte[] FACES = new byte[SLOTS];
    /** Bits that a write changes. */
    private static final int[] WRITABLE = new int[SLOTS];
    /** Bits that WRMSR may set: those that a write changes, and read-only ones. */
    private static final int[] DEFINED = new int[SLOTS];

    static {
        slots(ID, VERSION, PAGE | MSR_READ, 0);
        slots(TPR, TPR, PAGE | MSR_READ | MSR_WRITE, 0xFF);
        slots(0x09, 0x09, PAGE, 0);
        slots(PPR, PPR, PAGE | MSR_READ, 0);
        slots(EOI, EOI, PAGE | MSR_WRITE, 0);
        slots(0x0C, 0x0C, PAGE, 0);
        slots(LDR, LDR, PAGE | MSR_READ, 0xFF00_0000);
        slots(DFR, DFR, PAGE, 0xF000_0000);
        slots(SVR, SVR, PAGE | MSR_READ | MSR_WRITE, 0x13FF);
        slots(ISR, ESR - 1, PAGE | MSR_READ, 0);
        slots(ESR, ESR, PAGE | MSR_READ | MSR_WRITE, 0);
        slots(ICR, ICR, PAGE | MSR_READ | MSR_WRITE, 0x000C_CFFF);
        slots(ICR_HIGH, ICR_HIGH, PAGE, 0xFF00_0000);
        slots(TIMER, TIMER, PAGE | MSR_READ | MSR_WRITE, 0x0007_00FF);
        slots(TIMER + 1, LINT0 - 1, PAGE | MSR_READ | MSR_WRITE, 0x0001_07FF);
        slots(LINT0, LINT1, PAGE | MSR_READ | MSR_WRITE, 0x0001_A7FF);
        slots(ERROR, ERROR, PAGE | MSR_READ | MSR_WRITE, 0x0001_00FF);
        slots(INITIAL, INITIAL, PAGE | MSR_READ | MSR_WRITE, -1);
        slots(CURRENT, CURRENT, PAGE | MSR_READ, 0);
        slots(DIVIDE, DIVIDE, PAGE | MSR_READ | MSR_WRITE, 0xB);
        slots(SELF_IPI, SELF_IPI, MSR_WRITE, 0xFF);
        for (int slot = TIMER; slot <= ERROR; slot++) {
            DEFINED[slot] |= 1 << 12 | (slot == LINT0 || slot == LINT1 ? REMOTE_IRR : 0);
        }
    }

    private ApicPage() {
    }

    private static void slots(int first, int last, int faces, int bits) {
        for (int slot = first; slot <= last; slot++) {
            FACES[slot] = (byte) faces;
            WRITABLE[slot] = bits;
            DEFINED[slot] = bits;
        }
    }

    static boolean inPage(int slot) {
        return slot < SLOTS && (FACES[slot] & PAGE) != 0;
    }

    static boolean msrReadable(int slot) {
        return slot >= 0 && slot < SLOTS && (FACES[slot] & MSR_READ) != 0;
    }

    /** {@return whether WRMSR is legal with this value; the upper half exists in the ICR only, where all of it does} */
    static boolean msrWritable(int slot, long value) {
        return slot >= 0 && slot < SLOTS && (FACES[slot] & MSR_WRITE) != 0 && ((int) value & ~DEFINED[slot]) == 0
                && (value >>> 32 == 0 || slot == ICR);
    }

    static int writable(int slot) {
        return WRITABLE[slot];
    }

    static int defined(int slot) {
        return DEFINED[slot];
    }
}

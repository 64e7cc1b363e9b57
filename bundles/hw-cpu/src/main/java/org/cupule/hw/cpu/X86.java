package org.cupule.hw.cpu;

/**
 * Numbers of the architecture: bits of control registers and flags, exception vectors, segment indices.
 *
 * @threading immutable
 */
final class X86 {
    static final long CR0_PE = 1;
    static final long CR0_MP = 1 << 1;
    static final long CR0_EM = 1 << 2;
    static final long CR0_TS = 1 << 3;
    static final long CR0_ET = 1 << 4;
    static final long CR0_NE = 1 << 5;
    static final long CR0_WP = 1 << 16;
    static final long CR0_AM = 1 << 18;
    static final long CR0_NW = 1 << 29;
    static final long CR0_CD = 1 << 30;
    static final long CR0_PG = 1L << 31;
    static final long CR0_BITS = 0xE005_003FL;

    static final long CR4_VME = 1;
    static final long CR4_PVI = 1 << 1;
    static final long CR4_TSD = 1 << 2;
    static final long CR4_DE = 1 << 3;
    static final long CR4_PSE = 1 << 4;
    static final long CR4_PAE = 1 << 5;
    static final long CR4_MCE = 1 << 6;
    static final long CR4_PGE = 1 << 7;
    static final long CR4_PCE = 1 << 8;
    static final long CR4_OSFXSR = 1 << 9;
    static final long CR4_OSXMMEXCPT = 1 << 10;
    /** What this processor lets a guest set. */
    static final long CR4_BITS = CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_MCE | CR4_PGE | CR4_PCE | CR4_OSFXSR
            | CR4_OSXMMEXCPT;

    static final long EFER_SCE = 1;
    static final long EFER_LME = 1 << 8;
    static final long EFER_LMA = 1 << 10;
    static final long EFER_NXE = 1 << 11;
    static final long EFER_BITS = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;

    static final int CF = 1;
    static final int PF = 1 << 2;
    static final int AF = 1 << 4;
    static final int ZF = 1 << 6;
    static final int SF = 1 << 7;
    static final int TF = 1 << 8;
    static final int IF = 1 << 9;
    static final int DF = 1 << 10;
    static final int OF = 1 << 11;
    static final int IOPL = 3 << 12;
    static final int NT = 1 << 14;
    static final int RF = 1 << 16;
    static final int VM = 1 << 17;
    static final int AC = 1 << 18;
    static final int VIF = 1 << 19;
    static final int VIP = 1 << 20;
    static final int ID = 1 << 21;
    /** The six arithmetic flags. */
    static final int ARITHMETIC = CF | PF | AF | ZF | SF | OF;
    /** All flags that exist. */
    static final int FLAGS = ARITHMETIC | TF | IF | DF | IOPL | NT | RF | VM | AC | VIF | VIP | ID;

    static final int DE = 0;
    static final int DB = 1;
    static final int NMI = 2;
    static final int BP = 3;
    static final int OFV = 4;
    static final int BR = 5;
    static final int UD = 6;
    static final int NM = 7;
    static final int DF_ = 8;
    static final int TS = 10;
    static final int NP = 11;
    static final int SS_ = 12;
    static final int GP = 13;
    static final int PG = 14;
    static final int MF = 16;
    static final int AC_ = 17;
    static final int XM = 19;

    static final int ES = 0;
    static final int CS = 1;
    static final int SS = 2;
    static final int DS = 3;
    static final int FS = 4;
    static final int GS = 5;
    static final int LDTR = 6;
    static final int TR = 7;

    private X86() {
    }
}

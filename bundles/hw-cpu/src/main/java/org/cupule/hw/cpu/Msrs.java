package org.cupule.hw.cpu;

import java.util.Arrays;

/**
 * The model specific registers that the CPU keeps itself.
 *
 * @threading confined to its CPU
 */
final class Msrs {
    static final int TSC = 0x10;
    static final int PLATFORM_ID = 0x17;
    static final int TSC_ADJUST = 0x3B;
    static final int BIOS_SIGN_ID = 0x8B;
    static final int MTRR_CAP = 0xFE;
    static final int ARCH_CAPABILITIES = 0x10A;
    static final int SYSENTER_CS = 0x174;
    static final int SYSENTER_ESP = 0x175;
    static final int SYSENTER_EIP = 0x176;
    static final int MCG_CAP = 0x179;
    static final int MCG_STATUS = 0x17A;
    static final int MISC_ENABLE = 0x1A0;
    static final int PAT = 0x277;
    static final int MTRR_DEF_TYPE = 0x2FF;
    static final int EFER = 0xC000_0080;
    static final int STAR = 0xC000_0081;
    static final int LSTAR = 0xC000_0082;
    static final int CSTAR = 0xC000_0083;
    static final int FMASK = 0xC000_0084;
    static final int FS_BASE = 0xC000_0100;
    static final int GS_BASE = 0xC000_0101;
    static final int KERNEL_GS_BASE = 0xC000_0102;
    static final int TSC_AUX = 0xC000_0103;

    private static final long PAT_RESET = 0x0007_0406_0007_0406L;
    private static final int VARIABLE = 8;
    private static final int[] FIXED = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26A, 0x26B, 0x26C, 0x26D, 0x26E, 0x26F};

    long tscOffset;
    long tscAdjust;
    long sysenterCs;
    long sysenterEsp;
    long sysenterEip;
    long miscEnable = 1;
    long pat = PAT_RESET;
    long mtrrDefType;
    final long[] mtrrVariable = new long[2 * VARIABLE];
    final long[] mtrrFixed = new long[FIXED.length];
    long star;
    long lstar;
    long cstar;
    long fmask;
    long kernelGsBase;
    long tscAux;

    void reset() {
        tscOffset = 0;
        tscAdjust = 0;
        sysenterCs = sysenterEsp = sysenterEip = 0;
        miscEnable = 1;
        pat = PAT_RESET;
        mtrrDefType = 0;
        Arrays.fill(mtrrVariable, 0);
        Arrays.fill(mtrrFixed, 0);
        star = lstar = cstar = fmask = kernelGsBase = tscAux = 0;
    }

    /** {@return the index of a fixed-range MTRR, or -1} */
    static int fixed(int msr) {
        for (int i = 0; i < FIXED.length; i++) {
            if (FIXED[i] == msr) {
                return i;
            }
        }
        return -1;
    }

    /** {@return whether it is the base or mask of a variable-range MTRR} */
    static boolean variable(int msr) {
        return msr >= 0x200 && msr < 0x200 + 2 * VARIABLE;
    }

    static final long MTRR_CAP_VALUE = VARIABLE | 1 << 8 | 1 << 10;
    /**
     * What this processor is immune to, since it does nothing in advance: RDCL, L1TF, SSB, MDS, changes of page sizes,
     * TAA, SBDR, FBSDP, PSDP, BHI, PBRSB, GDS, RFDS, ITS.
     */
    static final long ARCH_CAPABILITIES_VALUE = 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 13 | 1 << 14
            | 1 << 15 | 1 << 20 | 1 << 24 | 1 << 26 | 1 << 27 | 1L << 62;

    /** {@return whether each byte is a memory type: 0, 1, 4, 5, 6, and 7 where the PAT allows it} */
    static boolean types(long value, boolean pat) {
        for (int i = 0; i < 8; i++) {
            int type = (int) (value >>> 8 * i) & 0xFF;
            if (type > 7 || type == 2 || type == 3 || type == 7 && !pat) {
                return false;
            }
        }
        return true;
    }
}

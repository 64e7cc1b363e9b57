package org.cupule.hw.cpu;

import java.util.Arrays;
import org.cupule.state.ModelState;

/**
 * The XMM registers and MXCSR. The MMX registers are the fractions of the FPU's, see {@link Fpu}. Source: SDM volume 1,
 * "SSE Programming Environment", "MXCSR Control and Status Register".
 *
 * <pre>
 *  MXCSR    31     16  15  14 13  12  11  10   9   8   7   6   5   4   3   2   1   0
 *          +---------+----+------+---+---+---+---+---+---+---+---+---+---+---+---+---+
 *          |    0    | FZ |  RC  | PM  UM  OM  ZM  DM  IM |DAZ| PE  UE  OE  ZE  DE  IE |
 *          +---------+----+------+---+---+---+---+---+---+---+---+---+---+---+---+---+
 * </pre>
 *
 * @threading confined to its CPU
 */
final class Simd {
    /** The bits of MXCSR that exist. */
    static final int MXCSR_MASK = 0xFFFF;
    static final int MXCSR_RESET = 0x1F80;

    /** Two words a register, the lower one first. */
    final long[] x = new long[32];
    int mxcsr = MXCSR_RESET;

    /** After power-on. */
    void reset() {
        Arrays.fill(x, 0);
        mxcsr = MXCSR_RESET;
    }

    /** State kind {@code cpu.simd}, version 1: registers 32 (lower, upper), mxcsr. */
    ModelState save() {
        return ModelState.of("cpu.simd", 1).put("registers", x.clone()).put("mxcsr", mxcsr).build();
    }

    void restore(ModelState saved) {
        System.arraycopy(saved.longs("registers", 32), 0, x, 0, 32);
        mxcsr = (int) saved.number("mxcsr", 0, MXCSR_MASK);
    }
}

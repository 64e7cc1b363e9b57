package org.cupule.hv.sim;

import org.cupule.hardware.Cpu;

/**
 * The CPUID leaves of the hypervisor ({@code hsm.md} 3.7): ACRN's, under both behaviours, since they tell a guest no
 * more than who is there and how fast the time stamp counter is.
 *
 * <pre>
 *  0x40000000  EAX 0x40000010, EBX ECX EDX "ACRNACRNACRN"
 *  0x40000001  EAX bit 0 = privileged VM: 1 for a Service VM, 0 for others
 *  0x40000010  EAX = frequency of the time stamp counter in kHz
 *  others      0
 * </pre>
 *
 * @threading immutable
 */
final class HypervisorLeaves {
    private static final int BASE = 0x4000_0000;
    private static final int LAST = 0x4000_0010;
    /** The letters {@code ACRN}, the first one in the low byte. */
    private static final int SIGNATURE = 0x4E52_4341;

    private static final int FEATURES = 0x4000_0001;
    private static final int PRIVILEGED = 1;

    private final int tscKilohertz;
    private final int features;

    HypervisorLeaves(long tscHertz, boolean privileged) {
        this.tscKilohertz = (int) (tscHertz / 1000);
        this.features = privileged ? PRIVILEGED : 0;
    }

    /** Answers the pending exit. */
    void answer(Cpu cpu, int leaf) {
        switch (leaf) {
            case BASE -> cpu.answerCpuid(LAST, SIGNATURE, SIGNATURE, SIGNATURE);
            case FEATURES -> cpu.answerCpuid(features, 0, 0, 0);
            case LAST -> cpu.answerCpuid(tscKilohertz, 0, 0, 0);
            default -> cpu.answerCpuid(0, 0, 0, 0);
        }
    }
}

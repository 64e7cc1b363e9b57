package org.cupule.hw.lapic;

/**
 * A set of the 256 vectors: one of IRR, ISR and TMR.
 *
 * @threading confined to the vCPU's thread
 */
final class VectorSet {
    private final long[] words = new long[4];

    boolean contains(int vector) {
        return (words[vector >> 6] >>> vector & 1) != 0;
    }

    void add(int vector) {
        words[vector >> 6] |= 1L << vector;
    }

    void remove(int vector) {
        words[vector >> 6] &= ~(1L << vector);
    }

    void clear() {
        words[0] = words[1] = words[2] = words[3] = 0;
    }

    /** {@return the highest vector, or -1} */
    int highest() {
        for (int i = 3; i >= 0; i--) {
            if (words[i] != 0) {
                return i * 64 + 63 - Long.numberOfLeadingZeros(words[i]);
            }
        }
        return -1;
    }

    /** {@return one of the eight 32-bit registers that show this set} */
    int register(int index) {
        return (int) (words[index >> 1] >>> (index & 1) * 32);
    }

    /** {@return the eight registers, for the saved state} */
    long[] registers() {
        long[] registers = new long[8];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = register(i) & 0xFFFF_FFFFL;
        }
        return registers;
    }

    /** Sets all eight registers. */
    void registers(long[] registers) {
        for (int i = 0; i < words.length; i++) {
            words[i] = registers[2 * i + 1] << 32 | registers[2 * i] & 0xFFFF_FFFFL;
        }
    }
}

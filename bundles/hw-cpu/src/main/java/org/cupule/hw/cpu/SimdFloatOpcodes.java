package org.cupule.hw.cpu;

import static org.cupule.hw.cpu.SimdOpcodes.SSE;

/**
 * The rows of {@link SimdOpcodes} for floating-point numbers.
 *
 * @threading immutable
 */
final class SimdFloatOpcodes {
    private SimdFloatOpcodes() {
    }

    private static void logic(int opcode, Lanes lanes) {
        SimdOpcodes.both(opcode, SSE, (at, op) -> at.both(op, lanes));
    }

    static void rows() {
        logic(0x54, PackedIntegers::and);
        logic(0x55, PackedIntegers::andNot);
        logic(0x56, PackedIntegers::or);
        logic(0x57, PackedIntegers::xor);
    }
}

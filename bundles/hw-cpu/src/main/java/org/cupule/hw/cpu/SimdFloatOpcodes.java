package org.cupule.hw.cpu;

import static org.cupule.hw.cpu.SimdFormat.DOUBLE;
import static org.cupule.hw.cpu.SimdFormat.SINGLE;
import static org.cupule.hw.cpu.SimdOpcodes.IMMEDIATE;
import static org.cupule.hw.cpu.SimdOpcodes.MMX;
import static org.cupule.hw.cpu.SimdOpcodes.NONE;
import static org.cupule.hw.cpu.SimdOpcodes.P66;
import static org.cupule.hw.cpu.SimdOpcodes.PF2;
import static org.cupule.hw.cpu.SimdOpcodes.PF3;
import static org.cupule.hw.cpu.SimdOpcodes.SSE;

import java.util.function.Function;

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

    /** Packed singles, packed doubles, a single, a double. */
    private static void numbers(int opcode, SimdFloats.Function single, SimdFloats.Function twice) {
        SimdOpcodes.put(NONE, opcode, SSE, SimdFloats.singles(single));
        SimdOpcodes.put(P66, opcode, SSE, SimdFloats.doubles(twice));
        SimdOpcodes.put(PF3, opcode, SSE, SimdFloats.single(single));
        SimdOpcodes.put(PF2, opcode, SSE, SimdFloats.twice(twice));
    }

    private static void extreme(int opcode, boolean greater) {
        numbers(opcode, (at, a, b) -> at.extreme(SINGLE, a, b, greater),
                (at, a, b) -> at.extreme(DOUBLE, a, b, greater));
    }

    /** By the lower three bits of the immediate. */
    private static void comparison(int prefix, SimdFormat format, Function<SimdFloats.Function, SimdAction> shape) {
        var actions = new SimdAction[8];
        for (int i = 0; i < 8; i++) {
            actions[i] = shape.apply(SimdFloats.comparison(format, i));
        }
        SimdOpcodes.put(prefix, 0xC2, SSE | IMMEDIATE, (at, op) -> actions[(int) op.imm & 7].execute(at, op));
    }

    static void rows() {
        logic(0x54, PackedIntegers::and);
        logic(0x55, PackedIntegers::andNot);
        logic(0x56, PackedIntegers::or);
        logic(0x57, PackedIntegers::xor);
        numbers(0x51, SimdArithmetic::rootSingle, SimdArithmetic::root);
        numbers(0x58, SimdArithmetic::addSingle, SimdArithmetic::add);
        numbers(0x59, SimdArithmetic::multiplySingle, SimdArithmetic::multiply);
        numbers(0x5C, SimdArithmetic::subtractSingle, SimdArithmetic::subtract);
        extreme(0x5D, false);
        numbers(0x5E, SimdArithmetic::divideSingle, SimdArithmetic::divide);
        extreme(0x5F, true);
        SimdOpcodes.put(NONE, 0x52, SSE, SimdFloats.singles(SimdFloats::reciprocalRoot));
        SimdOpcodes.put(PF3, 0x52, SSE, SimdFloats.single(SimdFloats::reciprocalRoot));
        SimdOpcodes.put(NONE, 0x53, SSE, SimdFloats.singles(SimdFloats::reciprocal));
        SimdOpcodes.put(PF3, 0x53, SSE, SimdFloats.single(SimdFloats::reciprocal));
        comparisons();
        conversions();
        toIntegers(0x2C, true);
        toIntegers(0x2D, false);
    }

    private static void comparisons() {
        SimdOpcodes.put(NONE, 0x2E, SSE, SimdFloats.order(SINGLE, true));
        SimdOpcodes.put(P66, 0x2E, SSE, SimdFloats.order(DOUBLE, true));
        SimdOpcodes.put(NONE, 0x2F, SSE, SimdFloats.order(SINGLE, false));
        SimdOpcodes.put(P66, 0x2F, SSE, SimdFloats.order(DOUBLE, false));
        comparison(NONE, SINGLE, SimdFloats::singles);
        comparison(P66, DOUBLE, SimdFloats::doubles);
        comparison(PF3, SINGLE, SimdFloats::single);
        comparison(PF2, DOUBLE, SimdFloats::twice);
    }

    private static void conversions() {
        SimdOpcodes.put(NONE, 0x2A, SSE | MMX, SimdConversions::mmxToSingles);
        SimdOpcodes.put(P66, 0x2A, SSE, SimdConversions::mmxToDoubles);
        SimdOpcodes.put(PF3, 0x2A, SSE, SimdConversions::generalToSingle);
        SimdOpcodes.put(PF2, 0x2A, SSE, SimdConversions::generalToDouble);
        SimdOpcodes.put(NONE, 0x5A, SSE, SimdConversions::singlesToDoubles);
        SimdOpcodes.put(P66, 0x5A, SSE, SimdConversions::doublesToSingles);
        SimdOpcodes.put(PF3, 0x5A, SSE, SimdConversions::singleToDouble);
        SimdOpcodes.put(PF2, 0x5A, SSE, SimdConversions::doubleToSingle);
        SimdOpcodes.put(NONE, 0x5B, SSE, SimdConversions::integersToSingles);
        SimdOpcodes.put(P66, 0x5B, SSE, SimdConversions.singlesToIntegers(false));
        SimdOpcodes.put(PF3, 0x5B, SSE, SimdConversions.singlesToIntegers(true));
        SimdOpcodes.put(P66, 0xE6, SSE, SimdConversions.doublesToIntegers(true));
        SimdOpcodes.put(PF3, 0xE6, SSE, SimdConversions::integersToDoubles);
        SimdOpcodes.put(PF2, 0xE6, SSE, SimdConversions.doublesToIntegers(false));
    }

    private static void toIntegers(int opcode, boolean chop) {
        SimdOpcodes.put(NONE, opcode, SSE | MMX, SimdConversions.singlesToMmx(chop));
        SimdOpcodes.put(P66, opcode, SSE | MMX, SimdConversions.doublesToMmx(chop));
        SimdOpcodes.put(PF3, opcode, SSE, SimdConversions.singleToGeneral(chop));
        SimdOpcodes.put(PF2, opcode, SSE, SimdConversions.doubleToGeneral(chop));
    }
}

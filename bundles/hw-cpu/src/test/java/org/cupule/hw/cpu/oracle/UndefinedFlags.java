package org.cupule.hw.cpu.oracle;

import static org.cupule.hw.cpu.oracle.UserState.AF;
import static org.cupule.hw.cpu.oracle.UserState.CF;
import static org.cupule.hw.cpu.oracle.UserState.OF;
import static org.cupule.hw.cpu.oracle.UserState.PF;
import static org.cupule.hw.cpu.oracle.UserState.SF;
import static org.cupule.hw.cpu.oracle.UserState.STATUS;
import static org.cupule.hw.cpu.oracle.UserState.ZF;

/**
 * Which status flags an instruction leaves undefined, so that two processors may differ.
 *
 * <p>
 * Source: Intel SDM volume 1, appendix A, "EFLAGS Cross-Reference", and the pages of the instructions in volume 2.
 */
final class UndefinedFlags {
    private UndefinedFlags() {
    }

    static long of(Form form, Encoder encoder, UserState state) {
        return switch (form.undefined()) {
            case NOTHING -> 0;
            case LOGIC -> AF;
            case SHIFT -> shift(form, encoder, state);
            case ROTATE -> count(form, encoder, state) == 1 ? 0 : OF;
            case DOUBLE_SHIFT -> doubleShift(form, encoder, state);
            case MULTIPLY -> SF | ZF | AF | PF;
            case DIVIDE -> STATUS;
            case BIT -> OF | SF | AF | PF;
            case SCAN -> STATUS & ~ZF;
            case DECIMAL -> OF;
            case ASCII -> OF | SF | ZF | PF;
            case AAM -> OF | AF | CF;
        };
    }

    private static long shift(Form form, Encoder encoder, UserState state) {
        int count = count(form, encoder, state);
        if (count == 0) {
            return 0;
        }
        boolean left = form.digit() != 7 && count >= encoder.operandBytes() * 8;
        return AF | (count == 1 ? 0 : OF) | (left ? CF : 0);
    }

    private static long doubleShift(Form form, Encoder encoder, UserState state) {
        int count = count(form, encoder, state);
        if (count == 0) {
            return 0;
        }
        return count > encoder.operandBytes() * 8 ? STATUS : AF | (count == 1 ? 0 : OF);
    }

    private static int count(Form form, Encoder encoder, UserState state) {
        int count = switch (form.immediate()) {
            case IB -> encoder.immediateValue();
            default -> form.hint() == Form.Hint.COUNT ? (int) state.gpr[UserState.RCX] : 1;
        };
        return count & (encoder.operandBytes() == 8 ? 63 : 31);
    }
}

package org.cupule.hw.cpu.oracle;

import org.cupule.hw.cpu.oracle.Form.Hint;
import org.cupule.hw.cpu.oracle.Sample.Mode;

/** Prepares registers and memory for one instruction, so that it often has something sensible to do. */
final class Setting {
    private final Values values;
    private final Mode mode;
    private final UserState state;
    private long pokeAt = UserMemory.DATA;
    private byte[] poke = new byte[0];

    Setting(Values values, Mode mode, UserState state) {
        this.values = values;
        this.mode = mode;
        this.state = state;
    }

    long pokeAt() {
        return pokeAt;
    }

    byte[] poke() {
        return poke;
    }

    /** Before encoding: registers. */
    void registers(Form form) {
        long[] gpr = state.gpr;
        switch (form.hint()) {
            case COUNT -> gpr[UserState.RCX] = values.percent(80) ? values.below(70) : values.any();
            case DIVIDE -> gpr[UserState.RDX] = values.percent(60) ? values.below(3) - 1 : values.any();
            case STRING -> {
                gpr[UserState.RCX] = values.percent(90)
                        ? (form.has(Form.Trait.WILD) ? 1 : 0) + values.below(40)
                        : values.any() | 1; // with a count of 0 some processors still check the port
                gpr[UserState.RSI] = values.target(mode) - base(UserState.DS);
                gpr[UserState.RDI] = values.target(mode) - base(UserState.ES);
            }
            case BIT -> {
                for (int i = 0; i < 16; i++) {
                    gpr[i] = i == UserState.RSP || values.percent(30) ? gpr[i] : values.below(0x4000) - 0x2000;
                }
            }
            case MASKED -> gpr[UserState.RDI] = values.target(mode) - base(UserState.DS);
            case WIDE -> state.rflags &= ~UserState.AC; // whether 8 bytes are enough differs
            case XLAT -> gpr[UserState.RBX] = values.target(mode) - base(UserState.DS);
            case ENTER, LEAVE -> {
                gpr[UserState.RBP] = values.target(mode) - base(UserState.SS);
                state.rflags &= ~UserState.AC; // which of ENTER's accesses are checked differs
            }
            case SELECTOR -> {
                for (int i = 0; i < 16; i++) {
                    gpr[i] = i == UserState.RSP || values.percent(30) ? gpr[i] : values.selector();
                }
            }
            case JUMP -> {
                for (int i = 0; i < 16; i++) {
                    gpr[i] = i == UserState.RSP || values.percent(30) ? gpr[i] : values.codeTarget() - codeBase();
                }
            }
            default -> {
            }
        }
    }

    /** After encoding: memory. */
    void memory(Form form, Encoder encoder) {
        var bytes = new Bytes();
        boolean onStack = stackContent(form.hint(), form, encoder, bytes);
        long at = onStack ? state.gpr[UserState.RSP] + base(UserState.SS) : encoder.aimed();
        if (!onStack && at != -1) {
            operandContent(form, encoder, bytes);
        }
        lay(at, bytes.toArray());
    }

    private boolean stackContent(Hint hint, Form form, Encoder encoder, Bytes out) {
        int bytes = encoder.operandBytes();
        int word = mode == Mode.LONG && bytes == 4 ? 8 : bytes;
        switch (hint) {
            case RETURN -> out.put(values.codeTarget() - codeBase(), mode == Mode.LONG ? 8 : bytes);
            case FLAGS -> out.put(values.anyFlags(), word);
            case FAR_RETURN -> farFrame(bytes, out).put(values.any(), bytes).put(values.dataSelector(), bytes);
            case IRET -> farFrame(bytes, out).put(values.anyFlags(), bytes)
                    .put(UserMemory.DATA + values.below(0x2000), bytes).put(values.dataSelector(), bytes);
            case SELECTOR -> out.put(values.dataSelector(), word);
            default -> {
                return false;
            }
        }
        return !form.hasModRm();
    }

    private Bytes farFrame(int bytes, Bytes out) {
        int selector = values.codeSelector();
        long base = HostSegments.base((selector & 0xFFFC) < 0x70 ? HostSegments.descriptor(selector) : 0);
        return out.put(values.codeTarget() - base, bytes).put(selector, bytes);
    }

    private void operandContent(Form form, Encoder encoder, Bytes out) {
        int bytes = encoder.operandBytes();
        switch (form.hint()) {
            case JUMP -> out.put(values.codeTarget() - codeBase(), mode == Mode.LONG ? 8 : bytes);
            case FAR_MEMORY -> {
                if (form.opcode()[0] == 0xFF) {
                    farFrame(Math.min(bytes, 4), out);
                } else {
                    out.put(values.operand(), Math.min(bytes, 4)).put(values.dataSelector(), 2);
                }
            }
            case SELECTOR -> out.put(values.selector(), 2);
            case BOUND -> {
                long value = state.gpr[encoder.registerField()];
                out.put(value - values.below(5) + 1, bytes).put(value + values.below(5) - 1, bytes);
            }
            case COMPARE -> compareContent(encoder, out);
            case MXCSR -> out.put(values.percent(90) ? values.mxcsr() : values.below(0x20000), 4);
            default -> {
                if (form.has(Form.Trait.SIMD)) {
                    out.put(values.packed(), 8).put(values.packed(), 8);
                } else if (values.percent(50)) {
                    out.put(values.operand(), 8).put(values.operand(), 8);
                }
            }
        }
    }

    private void compareContent(Encoder encoder, Bytes out) {
        if (values.percent(50)) {
            boolean wide = encoder.operandBytes() == 8;
            out.put(state.gpr[UserState.RAX], wide ? 8 : 4).put(state.gpr[UserState.RDX], wide ? 8 : 4);
        }
    }

    /** Lays what fits into writable pages. */
    private void lay(long at, byte[] bytes) {
        int fits = 0;
        while (fits < bytes.length && writable(at + fits)) {
            fits++;
        }
        if (fits > 0) {
            pokeAt = at;
            poke = java.util.Arrays.copyOf(bytes, fits);
        }
    }

    private static boolean writable(long linear) {
        int offset = UserMemory.offset(linear);
        return offset >= 2 * UserMemory.PAGE && offset / UserMemory.PAGE != UserMemory.FIXED_PAGE;
    }

    private long base(int segment) {
        return mode == Mode.LONG ? 0 : HostSegments.base(HostSegments.descriptor(state.selector[segment]));
    }

    private long codeBase() {
        return base(UserState.CS);
    }
}

package org.cupule.hw.cpu;

/**
 * Shifts and rotates. Source: SDM volume 2, "RCL/RCR/ROL/ROR", "SAL/SAR/SHL/SHR", "SHLD", "SHRD".
 *
 * <p>
 * Undefined flags are as processors set them: OF after a count above 1 follows the rule for a count of 1, applied to
 * the last step.
 *
 * @threading confined to its CPU
 */
final class ShiftOps {
    private final Processor cpu;
    private final Registers state;

    ShiftOps(Processor cpu) {
        this.cpu = cpu;
        this.state = cpu.state;
    }

    // --- immediate counts of registers, 1 to the size less one

    static long shl32(Registers state, long value, int count) {
        int result = (int) value << count;
        boolean cf = (value >>> 32 - count & 1) != 0;
        state.shifted(result, 32, cf, cf != result < 0);
        return result & 0xFFFF_FFFFL;
    }

    static long shl64(Registers state, long value, int count) {
        long result = value << count;
        boolean cf = (value >>> 64 - count & 1) != 0;
        state.shifted(result, 64, cf, cf != result < 0);
        return result;
    }

    static long shr32(Registers state, long value, int count) {
        int result = (int) value >>> count;
        state.shifted(result, 32, (value >>> count - 1 & 1) != 0, (result << 1 ^ result) < 0);
        return result & 0xFFFF_FFFFL;
    }

    static long shr64(Registers state, long value, int count) {
        long result = value >>> count;
        state.shifted(result, 64, (value >>> count - 1 & 1) != 0, (result << 1 ^ result) < 0);
        return result;
    }

    static long sar32(Registers state, long value, int count) {
        int result = (int) value >> count;
        state.shifted(result, 32, ((int) value >> count - 1 & 1) != 0, false);
        return result & 0xFFFF_FFFFL;
    }

    static long sar64(Registers state, long value, int count) {
        long result = value >> count;
        state.shifted(result, 64, (value >> count - 1 & 1) != 0, false);
        return result;
    }

    // --- all forms

    /** ROL ROR RCL RCR SHL SHR - SAR by an immediate, one, or CL. */
    void shift(Op op) {
        int raw = op.imm2 == 2 ? state.get8(Registers.RCX) : (int) op.imm;
        int count = raw & (op.size == 8 ? 63 : 31);
        long value = cpu.readForWrite(op);
        if (count == 0) {
            if (!op.memory && op.size == 4) {
                state.set(op.rm, 4, value);
            }
            return;
        }
        int bits = op.size * 8;
        switch (op.kind) {
            case 0 -> rotateLeft(op, value, count, bits);
            case 1 -> rotateRight(op, value, count, bits);
            case 2 -> rotateCarryLeft(op, value, count % (bits + 1), bits);
            case 3 -> rotateCarryRight(op, value, count % (bits + 1), bits);
            case 4 -> shiftLeft(op, value, count, bits);
            case 5 -> shiftRight(op, value, count, bits);
            default -> shiftRightSigned(op, value, count, bits);
        }
    }

    private static long mask(int bits) {
        return bits == 64 ? -1 : (1L << bits) - 1;
    }

    private static boolean bit(long value, int number) {
        return (value >>> number & 1) != 0;
    }

    private void rotateLeft(Op op, long value, int count, int bits) {
        int by = count % bits;
        long result = by == 0 ? value : (value << by | value >>> bits - by) & mask(bits);
        cpu.writeRm(op, result);
        boolean cf = bit(result, 0);
        rotated(cf, cf != bit(result, bits - 1));
    }

    private void rotateRight(Op op, long value, int count, int bits) {
        int by = count % bits;
        long result = by == 0 ? value : (value >>> by | value << bits - by) & mask(bits);
        cpu.writeRm(op, result);
        rotated(bit(result, bits - 1), bit(result, bits - 1) != bit(result, bits - 2));
    }

    private void rotateCarryLeft(Op op, long value, int count, int bits) {
        boolean cf = state.cf();
        long result = value;
        for (int i = 0; i < count; i++) {
            boolean out = bit(result, bits - 1);
            result = (result << 1 | (cf ? 1 : 0)) & mask(bits);
            cf = out;
        }
        cpu.writeRm(op, result);
        rotated(cf, cf != bit(result, bits - 1));
    }

    private void rotateCarryRight(Op op, long value, int count, int bits) {
        boolean cf = state.cf();
        long result = value;
        for (int i = 0; i < count; i++) {
            boolean out = bit(result, 0);
            result = result >>> 1 | (cf ? 1L << bits - 1 : 0);
            cf = out;
        }
        cpu.writeRm(op, result);
        rotated(cf, bit(result, bits - 1) != bit(result, bits - 2));
    }

    private void rotated(boolean cf, boolean of) {
        state.flag(X86.CF | X86.OF, (cf ? X86.CF : 0) | (of ? X86.OF : 0));
    }

    private void shiftLeft(Op op, long value, int count, int bits) {
        long result = count >= 64 ? 0 : value << count & mask(bits);
        boolean cf = count <= bits && bit(value, bits - count);
        cpu.writeRm(op, result);
        state.shifted(Processor.signExtend(result, op.size), bits, cf, cf != bit(result, bits - 1));
    }

    private void shiftRight(Op op, long value, int count, int bits) {
        long result = value >>> count;
        boolean cf = count <= bits && bit(value, count - 1);
        cpu.writeRm(op, result);
        state.shifted(Processor.signExtend(result, op.size), bits, cf, bit(result, bits - 1) != bit(result, bits - 2));
    }

    private void shiftRightSigned(Op op, long value, int count, int bits) {
        long signed = Processor.signExtend(value, op.size);
        long result = signed >> count;
        boolean cf = bit(signed >> count - 1, 0);
        cpu.writeRm(op, result & mask(bits));
        state.shifted(result, bits, cf, false);
    }

    /** SHLD and SHRD; the count is an immediate (kind 0) or CL (kind 1). */
    void shiftDouble(Op op, boolean left) {
        int count = (op.kind == 0 ? (int) op.imm : state.get8(Registers.RCX)) & (op.size == 8 ? 63 : 31);
        long value = cpu.readForWrite(op);
        if (count == 0) {
            if (!op.memory && op.size == 4) {
                state.set(op.rm, 4, value);
            }
            return;
        }
        int bits = op.size * 8;
        long other = state.get(op.reg, op.size);
        if (count > bits) { // 16 bits only: undefined; processors go on with the source
            value = other;
            count -= bits;
        }
        long result = count == bits
                ? other
                : (left ? value << count | other >>> bits - count : value >>> count | other << bits - count)
                        & mask(bits);
        boolean cf = left ? bit(value, bits - count) : bit(value, count - 1);
        boolean of = bit(result, bits - 1) != (left ? cf : bit(result, bits - 2));
        cpu.writeRm(op, result);
        state.shifted(Processor.signExtend(result, op.size), bits, cf, of);
    }
}

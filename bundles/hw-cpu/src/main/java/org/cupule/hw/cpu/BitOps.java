package org.cupule.hw.cpu;

/**
 * Bit tests and scans. Only CF (BT family) or ZF (scans) are defined; the others are left as they are.
 *
 * <p>
 * Source: SDM volume 2, "BT", "BTS", "BTR", "BTC", "BSF", "BSR", "POPCNT".
 *
 * @threading confined to its CPU
 */
final class BitOps {
    private final Processor cpu;
    private final Registers state;
    private final IntegerOps integer;

    BitOps(Processor cpu, IntegerOps integer) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.integer = integer;
    }

    /** BT, BTS, BTR, BTC: kind 0 to 3; the number is an immediate ({@code imm2}) or a register, which may reach far. */
    void test(Op op) {
        int bits = op.size * 8;
        long number = op.imm2 == 1 ? op.imm & bits - 1 : Processor.signExtend(state.get(op.reg, op.size), op.size);
        int bit = (int) number & bits - 1;
        if (!op.memory) {
            long value = state.get(op.rm, op.size);
            if (op.kind != 0) {
                state.set(op.rm, op.size, change(op.kind, value, bit));
            }
            carry(value, bit);
            return;
        }
        long offset = cpu.offset(op) + (number >> (op.size == 8 ? 6 : op.size == 4 ? 5 : 4)) * op.size & op.addressMask;
        long address = cpu.linear(op.segment, offset, op.size, op.kind != 0);
        long old = op.kind == 0
                ? cpu.mmu.load(address, op.size)
                : integer.changeBit(op, address, bit);
        carry(old, bit);
    }

    private void carry(long value, int bit) {
        state.flag(X86.CF, (int) (value >>> bit) & 1);
    }

    static long change(int kind, long value, int bit) {
        long mask = 1L << bit;
        return kind == 1 ? value | mask : kind == 2 ? value & ~mask : value ^ mask;
    }

    /** BSF and BSR: with a source of 0 the destination stays. */
    void scan(Op op, boolean reverse) {
        long value = cpu.readRm(op);
        if (value == 0) {
            state.flag(X86.ZF, X86.ZF);
            return;
        }
        state.set(op.reg, op.size, reverse ? 63 - Long.numberOfLeadingZeros(value) : Long.numberOfTrailingZeros(value));
        state.flag(X86.ZF, 0);
    }

    void popcnt(Op op) {
        long value = cpu.readRm(op);
        state.set(op.reg, op.size, Long.bitCount(value));
        state.flag(X86.ARITHMETIC, value == 0 ? X86.ZF : 0);
    }
}

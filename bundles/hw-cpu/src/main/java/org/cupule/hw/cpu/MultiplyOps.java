package org.cupule.hw.cpu;

/**
 * Multiplication and division. Undefined flags of MUL and IMUL (ZF, AF) are cleared, SF and PF follow the low half; DIV
 * and IDIV leave all flags.
 *
 * <p>
 * Source: SDM volume 2, "MUL", "IMUL", "DIV", "IDIV".
 *
 * @threading confined to its CPU
 */
final class MultiplyOps {
    private final Processor cpu;
    private final Registers state;

    MultiplyOps(Processor cpu) {
        this.cpu = cpu;
        this.state = cpu.state;
    }

    static long imul32(Registers state, long a, long b) {
        long product = (long) (int) a * (int) b;
        flags(state, (int) product, 32, product != (int) product);
        return product & 0xFFFF_FFFFL;
    }

    static long imul64(Registers state, long a, long b) {
        long product = a * b;
        flags(state, product, 64, Math.multiplyHigh(a, b) != product >> 63);
        return product;
    }

    private static void flags(Registers state, long low, int bits, boolean overflow) {
        state.shifted(low, bits, overflow, overflow);
    }

    /** IMUL of two and three operands. */
    void imul(Op op, boolean immediate) {
        long a = Processor.signExtend(cpu.readRm(op), op.size);
        long b = immediate ? op.imm : Processor.signExtend(state.get(op.reg, op.size), op.size);
        if (op.size == 8) {
            state.r[op.reg] = imul64(state, a, b);
        } else if (op.size == 4) {
            state.r[op.reg] = imul32(state, a, b);
        } else {
            long product = a * b;
            flags(state, (short) product, 16, product != (short) product);
            state.set16(op.reg, (int) product);
        }
    }

    /** MUL and the one-operand IMUL. */
    void multiply(Op op, boolean signed) {
        long b = cpu.readRm(op);
        long a = state.get(Registers.RAX, op.size);
        if (signed) {
            a = Processor.signExtend(a, op.size);
            b = Processor.signExtend(b, op.size);
        }
        int bits = op.size * 8;
        long low = a * b;
        long high = op.size == 8
                ? signed ? Math.multiplyHigh(a, b) : Math.unsignedMultiplyHigh(a, b)
                : low >> bits;
        long signedLow = Processor.signExtend(low, op.size);
        boolean overflow = signed ? high != signedLow >> 63 : (high & mask(op.size)) != 0;
        if (op.size == 1) {
            state.set16(Registers.RAX, (int) low);
        } else {
            state.set(Registers.RAX, op.size, low);
            state.set(Registers.RDX, op.size, high);
        }
        flags(state, signedLow, bits, overflow);
    }

    private static long mask(int size) {
        return size == 8 ? -1 : (1L << 8 * size) - 1;
    }

    private Fault divideError() {
        return cpu.fault.of(X86.DE, Fault.NO_CODE);
    }

    /** DIV and IDIV. */
    void divide(Op op, boolean signed) {
        long divisor = cpu.readRm(op);
        if (divisor == 0) {
            throw divideError();
        }
        if (op.size == 8) {
            divide128(divisor, signed);
        } else if (signed) {
            divideSigned(op.size, Processor.signExtend(divisor, op.size));
        } else {
            divideUnsigned(op.size, divisor);
        }
    }

    private long dividend(int size) {
        return size == 1
                ? state.r[Registers.RAX] & 0xFFFF
                : state.get(Registers.RDX, size) << 8 * size | state.get(Registers.RAX, size);
    }

    private void divideUnsigned(int size, long divisor) {
        long dividend = dividend(size);
        long quotient = Long.divideUnsigned(dividend, divisor);
        if ((quotient & ~mask(size)) != 0) {
            throw divideError();
        }
        results(size, quotient, Long.remainderUnsigned(dividend, divisor));
    }

    private void divideSigned(int size, long divisor) {
        long dividend = Processor.signExtend(dividend(size), 2 * size);
        if (dividend == Long.MIN_VALUE && divisor == -1) {
            throw divideError();
        }
        long quotient = dividend / divisor;
        if (quotient != Processor.signExtend(quotient, size)) {
            throw divideError();
        }
        results(size, quotient, dividend % divisor);
    }

    private void results(int size, long quotient, long remainder) {
        if (size == 1) {
            state.set16(Registers.RAX, (int) (quotient & 0xFF | (remainder & 0xFF) << 8));
        } else {
            state.set(Registers.RAX, size, quotient);
            state.set(Registers.RDX, size, remainder);
        }
    }

    private void divide128(long divisor, boolean signed) {
        long high = state.r[Registers.RDX];
        long low = state.r[Registers.RAX];
        boolean negativeDividend = signed && high < 0;
        boolean negativeDivisor = signed && divisor < 0;
        if (negativeDividend) {
            high = ~high + (low == 0 ? 1 : 0);
            low = -low;
        }
        long magnitude = negativeDivisor ? -divisor : divisor;
        if (Long.compareUnsigned(high, magnitude) >= 0) {
            throw divideError();
        }
        long quotient = high == 0 ? Long.divideUnsigned(low, magnitude) : divideWide(high, low, magnitude);
        long remainder = low - quotient * magnitude;
        boolean negative = negativeDividend != negativeDivisor;
        if (signed && (negative ? Long.compareUnsigned(quotient, Long.MIN_VALUE) > 0 : quotient < 0)) {
            throw divideError();
        }
        state.r[Registers.RAX] = negative ? -quotient : quotient;
        state.r[Registers.RDX] = negativeDividend ? -remainder : remainder;
    }

    /** Long division bit by bit: the quotient of 128 by 64 bits, when it fits. */
    private static long divideWide(long high, long low, long divisor) {
        long remainder = high;
        long quotient = 0;
        for (int i = 63; i >= 0; i--) {
            boolean carry = remainder < 0;
            remainder = remainder << 1 | low >>> i & 1;
            quotient <<= 1;
            if (carry || Long.compareUnsigned(remainder, divisor) >= 0) {
                remainder -= divisor;
                quotient |= 1;
            }
        }
        return quotient;
    }
}
